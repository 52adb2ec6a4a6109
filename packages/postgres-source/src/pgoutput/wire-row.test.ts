import { describe, expect, it } from 'vitest';
import { BinaryTypes } from '../values/binary-types.ts';
import { readRelation } from './control-messages.ts';
import { type Cell, encode, oids, type Table, table } from './message-encoder.test-support.ts';
import { MessageReader } from './message-reader.ts';
import { PgoutputDecoder } from './pgoutput-decoder.ts';
import { RelationRegistry } from './relation-registry.ts';
import { textFlag } from './stored-row.ts';
import { WireRow } from './wire-row.ts';

const users = table(16_400, 'users', { id: oids.int8, name: oids.text, bio: oids.text });
const full = table(16_401, 'full', { id: oids.int8, name: oids.text, bio: oids.text }, 'f');

/** The images of one change after it went through the decoder. */
const images = (shape: Table, message: Buffer) => {
  const decoder = new PgoutputDecoder({ limits: { maxChanges: 10, maxBytes: 1e6 }, primaryKey: () => ['id'] });
  for (const part of [encode.begin(1n), encode.relation(shape), message, encode.commit(1n, 2n)]) decoder.push(part);
  decoder.flush();
  const [change] = decoder.take()?.changes ?? [];
  return { after: change?.image.after ?? null, before: change?.image.before ?? null };
};

const inserted = (shape: Table, row: readonly Cell[]) => {
  const { after } = images(shape, encode.insert(shape.oid, row));
  if (after === null) throw new Error('no row');
  return after;
};

describe('WireRow', () => {
  it('tells values, NULL and unchanged columns apart', () => {
    const row = inserted(users, ['7', null, undefined]);
    expect([0, 1, 2, 3, -1].map((column) => row.state(column))).toEqual([
      'value',
      'null',
      'unchanged',
      'absent',
      'absent',
    ]);
    expect([0, 1, 2, 3].map((column) => row.text(column))).toEqual(['7', null, null, null]);
    expect([0, 1, 2, 3].map((column) => row.value(column))).toEqual([7n, null, undefined, undefined]);
    expect([0, 1, 2, 3].map((column) => row.bytes(column)?.toString() ?? null)).toEqual(['7', null, null, null]);
    expect(row.toObject()).toStrictEqual({ id: 7n, name: null });
    expect(row.wire).toBe('text');
  });

  it('says which value is longer than a string can be', () => {
    const registry = new RelationRegistry();
    const shape = table(1, 't', { b: oids.bytea, t: oids.text });
    const message = readRelation(new MessageReader(encode.relation(shape), 1));
    const format = registry.relation(message, null, new BinaryTypes());
    if (format === undefined) throw new Error('no format');
    const [bytes, text] = [0x1000_0000, 0x2000_0000];
    const stored = Buffer.alloc(2 + 4 + bytes + 4 + text);
    stored.writeUInt16BE(2, 0);
    stored.writeInt32BE(bytes, 2);
    stored.writeInt32BE(text | textFlag, 2 + 4 + bytes);
    const row = new WireRow(format, stored, 0, 'row', null);
    expect(row.value(0)).toHaveLength(bytes);
    const failure = (column: string) =>
      expect.objectContaining({ code: 'DECODE_FAILED', details: { table: 'public.t', column } });
    expect(() => row.text(0)).toThrow(failure('b'));
    expect(() => row.writeText(0, Buffer.alloc(1), 0)).toThrow(failure('b'));
    expect(() => row.text(1)).toThrow(failure('t'));
    expect(() => row.value(1)).toThrow(failure('t'));
  });

  it('may be asked in any order', () => {
    const row = inserted(users, ['1', 'grüße', '']);
    expect(row.text(2)).toBe('');
    expect(row.text(1)).toBe('grüße');
    expect(row.text(0)).toBe('1');
    expect(row.state(2)).toBe('value');
  });

  it('hands out the wire bytes without a copy', () => {
    const row = inserted(users, ['1', 'name', 'bio']);
    expect(row.bytes(1)?.buffer).toBe(row.bytes(2)?.buffer);
  });

  it('knows only the key from a key tuple', () => {
    const { before, after } = images(
      users,
      encode.update(users.oid, ['2', 'a', 'b'], { kind: 'K', row: ['1', null, null] }),
    );
    expect([0, 1, 2].map((column) => before?.state(column))).toEqual(['value', 'absent', 'absent']);
    expect(before?.value(1)).toBeUndefined();
    expect(before?.toObject()).toStrictEqual({ id: 1n });
    expect(after?.toObject()).toStrictEqual({ id: 2n, name: 'a', bio: 'b' });
  });

  it('knows NULL in a whole old row', () => {
    const { before } = images(full, encode.delete(full.oid, 'O', ['1', null, undefined]));
    expect([0, 1, 2].map((column) => before?.state(column))).toEqual(['value', 'null', 'unchanged']);
    expect(before?.toObject()).toStrictEqual({ id: 1n, name: null });
  });

  it('takes what an update left out from the whole row before it', () => {
    const old = { kind: 'O', row: ['1', 'a', 'long'] } as const;
    const { after, before } = images(full, encode.update(full.oid, ['1', 'b', undefined], old));
    expect(after?.state(2)).toBe('value');
    expect(after?.toObject()).toStrictEqual({ id: 1n, name: 'b', bio: 'long' });
    expect(after?.bytes(2)?.toString()).toBe('long');
    expect(before?.toObject()).toStrictEqual({ id: 1n, name: 'a', bio: 'long' });
    const kept = after?.keep();
    expect(kept?.toObject()).toStrictEqual({ id: 1n, name: 'b', bio: 'long' });
    expect(kept?.byteLength).toBe(after?.byteLength);
  });

  it('leaves out what neither row holds', () => {
    const old = { kind: 'O', row: ['1', null, undefined] } as const;
    const { after } = images(full, encode.update(full.oid, ['1', undefined, undefined], old));
    expect([0, 1, 2].map((column) => after?.state(column))).toEqual(['value', 'unchanged', 'unchanged']);
  });

  it('never takes anything from a key tuple', () => {
    const old = { kind: 'K', row: ['1', 'x', null] } as const;
    const { after } = images(users, encode.update(users.oid, ['2', undefined, undefined], old));
    expect(after?.toObject()).toStrictEqual({ id: 2n });
  });

  it('keeps a copy of this row alone, in the state it was', () => {
    const { before } = images(users, encode.delete(users.oid, 'K', ['1', null, null]));
    const kept = before?.keep();
    expect(kept?.state(1)).toBe('absent');
    expect(kept?.toObject()).toStrictEqual({ id: 1n });
    const row = inserted(users, ['1', 'name', undefined]);
    const copy = row.keep();
    expect(copy.bytes(1)?.buffer.byteLength).toBe(row.byteLength);
    expect(copy.byteLength).toBe(2 + (4 + 1) + (4 + 4) + 4);
    row.bytes(1)?.fill(0);
    expect(copy.toObject()).toStrictEqual({ id: 1n, name: 'name' });
    expect(copy.relation).toBe(row.relation);
    expect(copy.keep().toObject()).toStrictEqual(copy.toObject());
  });

  it('reads binary values', () => {
    const row = inserted(users, [Buffer.from('0000000000000007', 'hex'), Buffer.from('a'), null]);
    expect(row.wire).toBe('binary');
    expect(row.value(0)).toBe(7n);
    expect(row.text(0)).toBe('7');
    expect(row.bytes(0)).toEqual(Buffer.from('0000000000000007', 'hex'));
    expect(row.keep().wire).toBe('binary');
  });

  it('has no bytes for a binary value in a row of text', () => {
    const row = inserted(users, [Buffer.from('0000000000000007', 'hex'), 'a', null]);
    expect(row.wire).toBe('text');
    expect(row.bytes(0)).toBeNull();
    expect(row.bytes(1)).toEqual(Buffer.from('a'));
    expect(row.text(0)).toBe('7');
  });

  it('treats a column named __proto__ as any other', () => {
    const shape = table(1, 'odd', { id: oids.int4, ['__proto__']: oids.text });
    const odd = { ...shape, columns: [...shape.columns.slice(0, 1), { name: '__proto__', type: oids.text }] };
    const object = inserted(odd, ['1', 'x']).toObject();
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    expect(Object.entries(object)).toEqual([
      ['id', 1],
      ['__proto__', 'x'],
    ]);
  });

  it('reads rows of many columns', () => {
    const names = Array.from({ length: 1600 }, (_, index) => `c${index}`);
    const wide = table(2, 'wide', Object.fromEntries(names.map((name) => [name, oids.int4])));
    const row = inserted(
      wide,
      names.map((_, index) => String(index)),
    );
    expect(row.value(1599)).toBe(1599);
    expect(Object.keys(row.toObject())).toEqual(names);
  });

  it('names table and column of a malformed value, not the value', () => {
    const row = inserted(users, ['secret', 'a', null]);
    const failure = expect.objectContaining({
      code: 'DECODE_FAILED',
      recovery: 'bug',
      message: 'Cannot decode public.users.id: not an integer',
      details: { table: 'public.users', column: 'id' },
    });
    expect(() => row.value(0)).toThrow(failure);
    expect(() => row.toObject()).toThrow(failure);
    expect(row.text(0)).toBe('secret');
    expect(row.value(1)).toBe('a');
    const numeric = table(3, 'prices', { price: oids.numeric });
    const binary = inserted(numeric, [Buffer.from('00')]);
    expect(() => binary.text(0)).toThrow(expect.objectContaining({ code: 'DECODE_FAILED' }));
    expect(() => binary.value(0)).toThrow(expect.objectContaining({ code: 'DECODE_FAILED' }));
  });
});
