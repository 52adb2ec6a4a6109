import type { ChangeBatch } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { capturedMessages } from './captured-stream.test-support.ts';
import { encode, oids, type Table, table } from './message-encoder.test-support.ts';
import { type DecoderOptions, PgoutputDecoder } from './pgoutput-decoder.ts';
import { RelationRegistry } from './relation-registry.ts';

const users = table(16_400, 'users', { id: oids.int4, name: oids.text });
const orders = table(16_401, 'orders', { id: oids.int4 });
const full = table(16_402, 'full', { id: oids.int4, name: oids.text }, 'f');

const decoderOf = (messages: readonly Buffer[], options: Partial<DecoderOptions> = {}) => {
  const decoder = new PgoutputDecoder({
    limits: { maxChanges: 100, maxBytes: 1e6 },
    primaryKey: () => null,
    ...options,
  });
  for (const message of messages) decoder.push(message);
  return decoder;
};

const drain = (decoder: PgoutputDecoder): ChangeBatch[] => {
  const batches: ChangeBatch[] = [];
  for (let batch = decoder.take(); batch !== null; batch = decoder.take()) batches.push(batch);
  return batches;
};

const decoded = (messages: readonly Buffer[]): ChangeBatch[] => {
  const decoder = decoderOf(messages);
  decoder.flush();
  return drain(decoder);
};

const plain = ({ changes }: ChangeBatch) =>
  [...changes].map(({ op, table: name, sequence, before, after }) => ({ op, table: name, sequence, before, after }));

describe('PgoutputDecoder', () => {
  it('decodes inserts, updates, deletes and truncates of one transaction', () => {
    const [batch, ...rest] = decoded([
      encode.begin(0x10n, 1_767_000_000_123),
      encode.origin(0x5n, 'elsewhere'),
      encode.type(16_500, 'public', 'mood'),
      encode.relation(users),
      encode.insert(users.oid, ['1', 'a']),
      encode.message(true, 'p', 'counts nothing'),
      encode.update(users.oid, ['1', 'b']),
      encode.relation(orders),
      encode.insert(orders.oid, ['9']),
      encode.update(users.oid, ['2', 'b'], { kind: 'K', row: ['1', null] }),
      encode.delete(users.oid, 'K', ['2', null]),
      encode.truncate([users.oid, orders.oid], 3),
      encode.commit(0x10n, 0x20n),
    ]);
    expect(rest).toEqual([]);
    if (batch === undefined) throw new Error('no batch');
    expect(plain(batch)).toEqual([
      { op: 'insert', table: 'public.users', sequence: 0, before: null, after: { id: 1, name: 'a' } },
      { op: 'update', table: 'public.users', sequence: 1, before: null, after: { id: 1, name: 'b' } },
      { op: 'insert', table: 'public.orders', sequence: 2, before: null, after: { id: 9 } },
      { op: 'update', table: 'public.users', sequence: 3, before: { id: 1 }, after: { id: 2, name: 'b' } },
      { op: 'delete', table: 'public.users', sequence: 4, before: { id: 2 }, after: null },
      { op: 'truncate', table: 'public.users', sequence: 5, before: null, after: null },
      { op: 'truncate', table: 'public.orders', sequence: 6, before: null, after: null },
    ]);
    const [first] = batch.changes;
    expect(first?.id).toBe('0/10/0');
    expect(first?.transaction).toEqual({ id: '0/10', position: '0/10', commitTime: 1_767_000_000_123 });
    expect(batch).toMatchObject({ position: '0/20', commitTime: 1_767_000_000_123, schemaChanges: [] });
    expect(batch.relations.map(({ table: name }) => name)).toEqual(['users', 'orders']);
    expect([...batch.tables]).toEqual([
      ['public.users', 5],
      ['public.orders', 2],
    ]);
    expect(plain(batch)).toEqual(plain(batch));
  });

  it('reads what a server sent', () => {
    const [batch] = decoded(capturedMessages);
    if (batch === undefined) throw new Error('no batch');
    const inserted = {
      id: 1n,
      feeling: 'ok',
      amount: '12.50',
      count: 7,
      code: 'ab',
      at: '2026-01-02T03:04:05.123456Z',
      doc: 'x'.repeat(3000),
    };
    const empty = { feeling: null, amount: null, count: null, code: null, at: 'infinity', doc: '' };
    const { doc: _, ...small } = inserted;
    const [a, b] = ['a', 'b'].map((note) => ({ id: 1, note, doc: 'y'.repeat(2500) }));
    expect(plain(batch)).toEqual([
      { op: 'insert', table: 'public.kinds', sequence: 0, before: null, after: inserted },
      { op: 'insert', table: 'public.kinds', sequence: 1, before: null, after: { id: 2n, ...empty } },
      { op: 'update', table: 'public.kinds', sequence: 0, before: null, after: { ...small, code: 'ü' } },
      { op: 'update', table: 'public.kinds', sequence: 0, before: { id: 2n }, after: { id: 3n, ...empty } },
      { op: 'delete', table: 'public.kinds', sequence: 0, before: { id: 3n }, after: null },
      { op: 'insert', table: 'public.full_rows', sequence: 0, before: null, after: a },
      { op: 'update', table: 'public.full_rows', sequence: 0, before: a, after: b },
      { op: 'delete', table: 'public.full_rows', sequence: 0, before: b, after: null },
      { op: 'truncate', table: 'public.kinds', sequence: 0, before: null, after: null },
      { op: 'truncate', table: 'public.full_rows', sequence: 1, before: null, after: null },
    ]);
    expect(batch.relations.map(({ version, identity, key }) => ({ version, identity, key }))).toEqual([
      { version: 1, identity: 'key', key: [0] },
      { version: 1, identity: 'full', key: null },
    ]);
    expect(batch.relations[0]?.columns.map(({ type, native }) => `${native} ${type}`)).toEqual([
      'bigint bigint',
      'public.mood other',
      'numeric(10,2) decimal',
      'integer int',
      'character varying(5) text',
      'timestamp with time zone timestamptz',
      'text text',
    ]);
    expect(batch.position).toBe('0/17EF180');
  });

  it('tells complete updates from partial ones', () => {
    const [batch] = decoded([
      encode.begin(1n),
      encode.relation(users),
      encode.update(users.oid, ['1', undefined]),
      encode.update(users.oid, ['1', 'x']),
      encode.commit(1n, 2n),
    ]);
    const updates = [...(batch?.changes ?? [])].flatMap((change) => (change.op === 'update' ? [change.complete] : []));
    expect(updates).toEqual([false, true]);
  });

  it('passes over logical messages outside of transactions', () => {
    const [batch] = decoded([
      encode.message(false, 'p', 'x'),
      encode.begin(1n),
      encode.message(false, 'p', 'x'),
      encode.relation(users),
      encode.insert(users.oid, ['1', 'a']),
      encode.commit(1n, 2n),
      encode.message(false, 'p', 'x'),
    ]);
    expect(batch && plain(batch)).toHaveLength(1);
  });

  describe('relations', () => {
    it('stay the same object when they are sent again', () => {
      const [batch] = decoded([
        encode.begin(1n),
        encode.relation(users),
        encode.insert(users.oid, ['1', 'a']),
        encode.relation(users),
        encode.insert(users.oid, ['2', 'b']),
        encode.commit(1n, 2n),
      ]);
      const [first, second] = batch?.changes ?? [];
      expect(batch?.relations).toHaveLength(1);
      expect(first?.relation).toBe(second?.relation);
    });

    it('belong to the rows written under them', () => {
      const wider = table(users.oid, 'users', { id: oids.int4, name: oids.text, age: oids.int4 });
      const [batch] = decoded([
        encode.begin(1n),
        encode.relation(users),
        encode.insert(users.oid, ['1', 'a']),
        encode.relation(wider),
        encode.insert(users.oid, ['2', 'b', '30']),
        encode.commit(1n, 2n),
      ]);
      if (batch === undefined) throw new Error('no batch');
      expect(plain(batch).map(({ after }) => after)).toEqual([
        { id: 1, name: 'a' },
        { id: 2, name: 'b', age: 30 },
      ]);
      expect(batch.relations.map(({ version }) => version)).toEqual([1, 2]);
      expect([...batch.tables]).toEqual([['public.users', 2]]);
    });

    it('outlive the connection in a registry', () => {
      const relations = new RelationRegistry();
      const messages = [
        encode.begin(1n),
        encode.relation(users),
        encode.insert(users.oid, ['1', 'a']),
        encode.commit(1n, 2n),
      ];
      const [first, second] = [1, 2].map(() => {
        const decoder = decoderOf(messages, { relations });
        decoder.flush();
        return decoder.take()?.relations[0];
      });
      expect(first).toBeDefined();
      expect(second).toBe(first);
    });

    it('must be described on every connection', () => {
      const relations = new RelationRegistry();
      decoderOf([encode.relation(users)], { relations });
      expect(() => decoderOf([encode.begin(1n), encode.insert(users.oid, ['1', 'a'])], { relations })).toThrow(
        'unknown',
      );
    });
  });

  describe('full replica identity', () => {
    const wider = { ...full, columns: [...full.columns, { name: 'age', type: oids.int4, key: true }] };
    const row = encode.insert(full.oid, ['1', 'a']);
    const widerRow = encode.insert(full.oid, ['1', 'a', '2']);
    const changed = expect.objectContaining({
      code: 'RELATION_CHANGED',
      recovery: 'retry',
      details: { table: 'public.full' },
    });

    it('takes the key from the catalog', () => {
      const decoder = decoderOf([encode.begin(1n), encode.relation(full), row, encode.commit(1n, 2n)], {
        primaryKey: (oid) => (oid === full.oid ? ['id'] : null),
      });
      decoder.flush();
      expect(decoder.take()?.relations[0]).toMatchObject({ key: [0], identity: 'full' });
    });

    it('asks for the catalog again when the shape changes, and gives out what came before', () => {
      const decoder = decoderOf([
        encode.begin(1n),
        encode.relation(full),
        row,
        encode.commit(1n, 2n),
        encode.begin(3n),
      ]);
      expect(() => decoder.push(encode.relation(wider))).toThrow(changed);
      expect(() => decoder.push(encode.commit(3n, 4n))).toThrow(changed);
      decoder.flush();
      expect(drain(decoder).map(({ position, changes }) => [position, changes.length])).toEqual([['0/2', 1]]);
    });

    it('also when a table becomes full', () => {
      const decoder = decoderOf([encode.begin(1n), encode.relation({ ...full, identity: 'd' })]);
      expect(() => decoder.push(encode.relation(full))).toThrow(changed);
    });

    it('does not for a shape of an earlier connection, or of no full identity', () => {
      const relations = new RelationRegistry();
      decoderOf([encode.relation(full)], { relations });
      const decoder = decoderOf([encode.relation(wider), encode.relation(wider)], { relations });
      decoder.push(encode.relation({ ...wider, identity: 'd' }));
    });

    // Otherwise a transaction that holds both shapes could never be read.
    it('does not for log that the catalog is newer than', () => {
      const messages = [
        encode.begin(1n),
        encode.relation(full),
        row,
        encode.relation(wider),
        widerRow,
        encode.commit(1n, 9n),
      ];
      const decoder = decoderOf(messages, { catalogPosition: 5n, primaryKey: () => ['age'] });
      decoder.flush();
      expect(decoder.take()?.relations).toMatchObject([{ key: null }, { key: [2], version: 2 }]);
      decoder.push(encode.begin(10n));
      expect(() => decoder.push(encode.relation(full))).toThrow(changed);
    });
  });

  describe('refuses', () => {
    const open = [encode.begin(1n), encode.relation(users)];
    const cut = (message: Buffer, bytes: number) => message.subarray(0, message.length - bytes);
    const changedAt = (message: Buffer, at: number, byte: number) => {
      const copy = Buffer.from(message);
      copy[at] = byte;
      return copy;
    };
    const insert = encode.insert(users.oid, ['1', 'secret']);
    const update = encode.update(users.oid, ['1', 'secret'], { kind: 'K', row: ['1', null] });

    it.each<[string, readonly Buffer[], Buffer, { message: string; offset: number; table: string | null }]>([
      ['an empty message', [], Buffer.alloc(0), { message: 'unknown', offset: 0, table: null }],
      ['an unknown message', open, Buffer.from('S1234'), { message: 'unknown', offset: 0, table: null }],
      [
        'a row outside of a transaction',
        [encode.relation(users)],
        insert,
        { message: 'Insert', offset: 0, table: null },
      ],
      [
        'a truncate outside of a transaction',
        [encode.relation(users)],
        encode.truncate([users.oid]),
        { message: 'Truncate', offset: 0, table: null },
      ],
      ['a commit without begin', [], encode.commit(1n, 2n), { message: 'Commit', offset: 0, table: null }],
      ['a begin inside a transaction', open, encode.begin(5n), { message: 'Begin', offset: 0, table: null }],
      ['the commit of another transaction', open, encode.commit(2n, 3n), { message: 'Commit', offset: 2, table: null }],
      ['a commit that ends at its start', open, encode.commit(1n, 1n), { message: 'Commit', offset: 10, table: null }],
      [
        'a transaction before the last one',
        [encode.begin(1n), encode.commit(1n, 9n)],
        encode.begin(8n),
        { message: 'Begin', offset: 1, table: null },
      ],
      [
        'an unknown relation',
        open,
        encode.insert(0xffff_ffff, ['1', 'secret']),
        { message: 'Insert', offset: 1, table: null },
      ],
      [
        'an unknown relation in a truncate',
        open,
        encode.truncate([users.oid, 5]),
        { message: 'Truncate', offset: 10, table: 'public.users' },
      ],
      [
        'an unknown replica identity',
        open,
        encode.relation({ ...users, identity: 'x' }),
        { message: 'Relation', offset: 0, table: null },
      ],
      [
        'an unknown tuple in an insert',
        open,
        changedAt(insert, 5, 0x4f),
        { message: 'Insert', offset: 5, table: 'public.users' },
      ],
      [
        'an unknown tuple in an update',
        open,
        changedAt(update, 5, 0x58),
        { message: 'Update', offset: 5, table: 'public.users' },
      ],
      [
        'an unknown tuple in a delete',
        open,
        encode.delete(users.oid, 'N' as 'K', ['1', 'secret']),
        { message: 'Delete', offset: 5, table: 'public.users' },
      ],
      [
        'an update without a new tuple',
        open,
        changedAt(encode.delete(users.oid, 'K', ['1', 'secret']), 0, 0x55),
        { message: 'Update', offset: 25, table: 'public.users' },
      ],
      [
        'an unknown column kind',
        open,
        changedAt(insert, 8, 0x78),
        { message: 'Insert', offset: 8, table: 'public.users' },
      ],
      [
        'too few columns',
        open,
        encode.insert(users.oid, ['1']),
        { message: 'Insert', offset: 6, table: 'public.users' },
      ],
      [
        'too many columns',
        open,
        encode.insert(users.oid, ['1', 'a', 'b']),
        { message: 'Insert', offset: 6, table: 'public.users' },
      ],
      ['a value past the end', open, cut(insert, 1), { message: 'Insert', offset: 14, table: 'public.users' }],
      ['a huge length', open, changedAt(insert, 15, 0xff), { message: 'Insert', offset: 14, table: 'public.users' }],
      [
        'trailing bytes',
        open,
        Buffer.concat([insert, Buffer.from([0])]),
        { message: 'Insert', offset: insert.length, table: 'public.users' },
      ],
    ])('%s', (_, before, message, details) => {
      const decoder = decoderOf(before);
      const failure = expect.objectContaining({ code: 'DECODE_FAILED', recovery: 'bug', details });
      expect(() => decoder.push(message)).toThrow(failure);
      expect(() => decoder.push(message)).not.toThrow('secret');
      // Nothing is accepted any more.
      expect(() => decoder.push(encode.relation(users))).toThrow(failure);
      expect(() => decoder.keepalive(1n)).toThrow(failure);
    });

    it.each<[string, Table, Buffer]>([
      ['Insert', users, insert],
      ['Update', users, update],
      ['Delete', users, encode.delete(users.oid, 'O', ['1', 'secret'])],
    ])('%s cut short anywhere', (_, shape, message) => {
      for (let length = 1; length < message.length; length++) {
        const decoder = decoderOf([encode.begin(1n), encode.relation(shape)]);
        expect(() => decoder.push(message.subarray(0, length))).toThrow(
          expect.objectContaining({ code: 'DECODE_FAILED' }),
        );
      }
    });

    it('names kind, place and table in its message', () => {
      const decoder = decoderOf(open);
      expect(() => decoder.push(encode.insert(users.oid, ['1']))).toThrow(
        'Cannot decode a pgoutput message (Insert) at byte 6, table public.users: a tuple has 1 columns, its table 2',
      );
    });

    it('nothing of the whole transactions before', () => {
      const decoder = decoderOf([...open, insert, encode.commit(1n, 2n), encode.begin(3n), insert]);
      expect(() => decoder.push(Buffer.from('?'))).toThrow(expect.objectContaining({ code: 'DECODE_FAILED' }));
      decoder.flush();
      expect(drain(decoder).map(({ position, changes }) => [position, changes.length])).toEqual([['0/2', 1]]);
    });
  });
});
