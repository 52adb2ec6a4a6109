import { describe, expect, it } from 'vitest';
import { type Cell, encode } from '../../../packages/postgres-source/src/pgoutput/message-encoder.test-support.ts';
import { RowReader } from '../../../packages/sql-sink/src/apply/row-reader.ts';
import { CopyBuffer, CopyMemory } from '../../../packages/sql-sink/src/postgres/apply/copy-buffer.ts';
import { addCopy } from '../../../packages/sql-sink/src/postgres/apply/copy-rows.ts';
import type { Message } from '../../../packages/sql-sink/src/postgres/apply/message.ts';
import { copyContents, parseCopyBinary } from '../../../packages/sql-sink/src/postgres/testing/parse-copy.ts';
import { planOf } from '../../../packages/sql-sink/src/postgres/testing/plan-of.ts';
import { int4, wireBatch, wireItems } from './wire-batch.ts';

const { oid } = wireItems;
const text = (value: string): Cell => Buffer.from(value);
/** Long enough to be sent from where they lie. */
const long = 'x'.repeat(5_000);
const rows: readonly (readonly Cell[])[] = [
  [int4(1), text('a'), text('b')],
  [int4(2), text(long), null],
  [int4(3), text('c'), text(long)],
  [int4(4), null, null],
];

/** What a COPY of these columns of these inserts sends, in binary form. */
const copied = (messages: readonly Buffer[], columnNumbers: readonly number[], of: readonly number[]) => {
  const { changes, relations } = wireBatch(messages);
  const [relation] = relations;
  if (relation === undefined) throw new Error('no relation');
  const columns = columnNumbers.flatMap((at) => planOf(relation).written[at] ?? []);
  const pieces: Uint8Array[] = [];
  const message: Pick<Message, 'copyBuffer' | 'addCopy'> = {
    copyBuffer: () => new CopyBuffer(new CopyMemory(0)),
    addCopy: (_sql, _into, data) => void pieces.push(...data),
  };
  addCopy(message as Message, new RowReader(changes), { into: 'items', columns, rows: of, image: 'after' });
  return parseCopyBinary(copyContents(pieces)).map((row) => row.map((value) => value && Buffer.from(value)));
};

const expected = (columns: readonly number[], of: readonly number[]) =>
  of.map((row) => columns.map((column) => rows[row]?.[column] ?? null));

describe('a COPY of rows in binary form', () => {
  const inserts = rows.map((row) => encode.insert(oid, row));
  const all = [0, 1, 2, 3];

  it.each([[[0, 1, 2]], [[2, 1, 0]], [[0, 2]], [[1, 2]], [[0]]])('has the columns %j in their order', (columns) => {
    expect(copied(inserts, columns, all)).toEqual(expected(columns, all));
  });

  it.each([[[0, 1]], [[1, 0]], [[0, 2]], [[3, 1, 1, 2]]])('has the rows %j and no others', (of) => {
    expect(copied(inserts, [0, 1, 2], of)).toEqual(expected([0, 1, 2], of));
  });

  it('passes over what lies between two rows', () => {
    const [one, two] = [inserts[0] ?? Buffer.alloc(0), inserts[2] ?? Buffer.alloc(0)];
    const between = encode.delete(oid, 'K', [int4(9), null, null]);
    expect(copied([one, between, two], [0, 1, 2], [0, 2])).toEqual(expected([0, 1, 2], [0, 2]));
  });
});
