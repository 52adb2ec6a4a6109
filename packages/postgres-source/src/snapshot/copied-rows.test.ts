import { noValue, type ValuePlaces, valuePlaces } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RelationRegistry } from '../pgoutput/relation-registry.ts';
import type { RowFormat } from '../pgoutput/row-format.ts';
import { ServerMessages } from '../replication/server-messages.ts';
import { BinaryTypes } from '../values/binary-types.ts';
import { CopiedRows, type CopyForm } from './copied-rows.ts';
import { CopiedText } from './copied-text.ts';
import { CopyContent, retainedBytes } from './copy-content.ts';

type Value = string | null;

const textOid = 25;

const formatOf = (columns: number): RowFormat => {
  const column = (index: number) => ({ key: index === 0, name: `c${index}`, type: textOid, modifier: -1 });
  const message = {
    oid: 20_000,
    schema: 'public',
    table: 't',
    identity: 'd',
    columns: Array.from({ length: columns }, (_, index) => column(index)),
  };
  const format = new RelationRegistry().relation(message, null, new BinaryTypes());
  if (format === undefined) throw new Error('no format');
  return format;
};

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** As the server writes a row (PostgreSQL manual, "COPY", File Formats). */
const textRow = (row: readonly Value[]): Buffer =>
  Buffer.from(
    `${row.map((value) => value?.replace(/[\\\b\f\n\r\t\v]/g, (one) => escapes[one] ?? one) ?? '\\N').join('\t')}\n`,
  );

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const binaryRow = (row: readonly Value[]): Buffer =>
  Buffer.concat([
    int32(row.length).subarray(2),
    ...row.flatMap((value) => (value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), Buffer.from(value)])),
  ]);

const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), int32(0), int32(0)]);
const trailer = Buffer.from([0xff, 0xff]);

/** One CopyData message for each row; in binary form the header comes with the first one, the trailer by itself. */
const messagesOf = (rows: readonly (readonly Value[])[], form: CopyForm): readonly Buffer[] => {
  if (form === 'text') return rows.map(textRow);
  const [first, ...others] = rows.map(binaryRow);
  return first === undefined
    ? [Buffer.concat([header, trailer])]
    : [Buffer.concat([header, first]), ...others, trailer];
};

const copyData = (content: Buffer): Buffer => Buffer.concat([Buffer.from('d'), int32(content.length + 4), content]);

/** What is gathered of messages that arrive in parts of `sizes` bytes. */
const received = (messages: readonly Buffer[], sizes: readonly number[]): CopyContent => {
  const content = new CopyContent();
  const reader = new ServerMessages({
    copyData: (bytes, start, end) => content.add(bytes, start, end),
    other: () => {
      throw new Error('a message that nobody sent');
    },
  });
  const bytes = Buffer.concat(messages.map(copyData));
  for (let at = 0, part = 0; at < bytes.length; part += 1) {
    const end = Math.min(bytes.length, at + (sizes[part % sizes.length] ?? 1));
    reader.push(bytes.subarray(at, end));
    at = end;
  }
  return content;
};

const decoded = (pieces: readonly Buffer[], form: CopyForm, columns: number): readonly (readonly Value[])[] =>
  [...new CopiedRows(pieces, form, formatOf(columns))].map((row) =>
    row.relation.columns.map((_, column) => row.text(column)),
  );

const value = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\\N', '\\.', '', '\n', '\t\\', 'N')));
const table = fc.integer({ min: 1, max: 6 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    rows: fc.array(fc.array(value, { minLength: columns, maxLength: columns })),
  }),
);
const forms = ['text', 'binary'] as const;

describe.each(forms)('rows copied in %s form', (form) => {
  it('are those that the server sent, in whatever parts they arrive', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
    const property = fc.property(table, sizes, ({ columns, rows }, parts) => {
      const pieces = received(messagesOf(rows, form), parts).finish();
      expect(decoded(pieces, form, columns)).toEqual(rows);
    });
    fc.assert(property);
  });

  it('pass on exactly the bytes that came, in pieces of whole rows that keep little more', () => {
    const rows = Array.from({ length: 3_000 }, (_, index) => [String(index), 'x'.repeat((index * 7919) % 2_000)]);
    rows.push(['large', 'y'.repeat(1_000_000)], ['last', 'z']);
    const messages = messagesOf(rows, form);
    const content = received(messages, [65_536]);
    const bytes = content.bytes;
    const pieces = content.finish();
    expect(Buffer.concat(pieces).equals(Buffer.concat(messages))).toBe(true);
    expect(pieces.length).toBeLessThan(30);
    expect(retainedBytes(pieces)).toBeLessThan(bytes * 1.05 + 64 * 1024);
    expect(decoded(pieces, form, 2)).toEqual(rows);
    expect(decoded(pieces.slice(form === 'binary' ? 0 : 1), form, 2).length).toBeGreaterThan(0);
  });

  it('are an error, and never anything else, where they are no rows', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      table.map(({ rows }) => Buffer.concat(messagesOf(rows, form))),
      fc.tuple(table, fc.nat(), fc.nat(255)).map(([{ rows }, at, byte]) => {
        const changed = Buffer.concat(messagesOf(rows, form));
        if (changed.length > 0) changed[at % changed.length] = byte;
        return changed;
      }),
      fc.tuple(table, fc.nat()).map(([{ rows }, at]) => {
        const whole = Buffer.concat(messagesOf(rows, form));
        return whole.subarray(0, at % (whole.length + 1));
      }),
    );
    const property = fc.property(bytes, fc.integer({ min: 1, max: 6 }), (given, columns) => {
      try {
        decoded([Buffer.from(given)], form, columns);
      } catch (error) {
        expect(error).toMatchObject({ code: 'DECODE_FAILED', details: { table: 'public.t' } });
      }
    });
    fc.assert(property, { numRuns: 500 });
  });
});

it('copies nothing of nothing', () => {
  expect(decoded([], 'text', 1)).toEqual([]);
  expect(decoded([], 'binary', 1)).toEqual([]);
  expect(new CopyContent().finish()).toEqual([]);
});

describe('rows copied in text form, by number', () => {
  const placed = (text: CopiedText, index: number, places: ValuePlaces): readonly Value[] => {
    expect(text.place(index, 'after', places)).toBe(true);
    return text.relation().columns.map((_, column) => {
      const start = places.starts[column] ?? noValue.absent;
      return start < 0 ? null : places.bytes.toString('utf8', start, places.ends[column]);
    });
  };

  it('are the same, in order and in any other', () => {
    const order = fc.array(fc.nat(), { maxLength: 20 });
    const property = fc.property(table, order, ({ columns, rows }, others) => {
      const pieces = received(messagesOf(rows, 'text'), [64]).finish();
      const text = new CopiedText(pieces, rows.length, formatOf(columns));
      const places = valuePlaces();
      for (const [index, row] of rows.entries()) expect(placed(text, index, places)).toEqual(row);
      for (const other of rows.length === 0 ? [] : others) {
        const index = other % rows.length;
        expect(placed(text, index, places)).toEqual(rows[index]);
        expect(text.at(index).after).toEqual([...new CopiedRows(pieces, 'text', formatOf(columns))][index]?.toObject());
      }
      expect(() => text.place(rows.length, 'after', places)).toThrow(RangeError);
    });
    fc.assert(property);
  });

  it('are an error, and never anything else, where they are no rows', () => {
    const property = fc.property(table, fc.nat(), fc.nat(255), fc.nat(), ({ columns, rows }, at, byte, end) => {
      const bytes = Buffer.concat(messagesOf(rows, 'text'));
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      const text = new CopiedText([bytes.subarray(0, end % (bytes.length + 1))], rows.length, formatOf(columns));
      try {
        for (let index = 0; index < rows.length; index++) placed(text, index, valuePlaces());
      } catch (error) {
        if (!(error instanceof RangeError)) expect(error).toMatchObject({ code: 'DECODE_FAILED' });
      }
    });
    fc.assert(property, { numRuns: 500 });
  });
});
