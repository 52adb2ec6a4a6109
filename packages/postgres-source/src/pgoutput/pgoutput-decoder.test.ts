import { describe, expect, it } from 'vitest';
import { capturedMessages } from './captured-stream.test-support.ts';
import { decoded, orders, plain, users } from './decode-all.test-support.ts';
import { encode } from './message-encoder.test-support.ts';

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
    expect(first?.transaction).toEqual({
      id: '0/10',
      position: '0/10',
      commitTime: 1_767_000_000_123,
      visibility: '4294967280',
    });
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
});
