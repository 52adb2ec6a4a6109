import type { ChangeBatch } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { BatchLimits } from './batch-draft.ts';
import { encode, oids, table } from './message-encoder.test-support.ts';
import { PgoutputDecoder } from './pgoutput-decoder.ts';

const users = table(16_400, 'users', { id: oids.int4, name: oids.text });
const orders = table(16_401, 'orders', { id: oids.int4, name: oids.text });

/** A stream whose transactions take 10 bytes of log each: the first is 0/10 to 0/1A. */
const stream = (limits: Partial<BatchLimits> = {}, after?: bigint) => {
  const decoder = new PgoutputDecoder({
    limits: { maxChanges: 100, maxBytes: 1e6, ...limits },
    primaryKey: () => null,
    after,
  });
  decoder.push(encode.relation(users));
  decoder.push(encode.relation(orders));
  let lsn = 0x10n;
  return {
    decoder,
    begin: () => decoder.push(encode.begin(lsn, Number(lsn))),
    row: (name = 'x', oid = users.oid) => decoder.push(encode.insert(oid, ['1', name])),
    commit: () => {
      decoder.push(encode.commit(lsn, lsn + 10n));
      lsn += 0x10n;
    },
    transaction(...names: readonly string[]) {
      this.begin();
      for (const name of names) this.row(name);
      this.commit();
    },
    /** The batches taken: names of their rows, and where they end. */
    take: () => {
      const batches: [string, string | null][] = [];
      for (let batch = decoder.take(); batch !== null; batch = decoder.take())
        batches.push([namesOf(batch), batch.position]);
      return batches;
    },
  };
};

const namesOf = ({ changes }: ChangeBatch): string =>
  [...changes].map(({ op, after, sequence }) => `${op === 'truncate' ? 'T' : after?.name}${sequence}`).join(' ');

describe('BatchBuilder', () => {
  it('gathers whole transactions until a flush', () => {
    const s = stream();
    s.transaction('a', 'b');
    s.transaction('c');
    expect(s.take()).toEqual([]);
    s.decoder.flush();
    expect(s.take()).toEqual([['a0 b1 c0', '0/2A']]);
    s.decoder.flush();
    expect(s.take()).toEqual([]);
  });

  it('gives out whole transactions and holds the open one back', () => {
    const s = stream();
    s.transaction('a');
    s.begin();
    s.row('b');
    s.decoder.flush();
    expect(s.take()).toEqual([['a0', '0/1A']]);
    s.row('c');
    s.decoder.flush();
    expect(s.take()).toEqual([]);
    s.commit();
    s.transaction('d');
    s.decoder.flush();
    expect(s.take()).toEqual([['b0 c1 d0', '0/3A']]);
  });

  it('makes a batch at a limit', () => {
    const s = stream({ maxChanges: 3 });
    s.transaction('a', 'b');
    s.transaction('c');
    s.transaction('d', 'e');
    s.decoder.flush();
    expect(s.take()).toEqual([
      ['a0 b1 c0', '0/2A'],
      ['d0 e1', '0/3A'],
    ]);
  });

  it('cuts a transaction above a limit into parts that hold nothing else', () => {
    const s = stream({ maxChanges: 2 });
    s.transaction('a');
    s.transaction('b', 'c', 'd', 'e', 'f');
    s.transaction('g');
    s.decoder.flush();
    expect(s.take()).toEqual([
      ['a0', '0/1A'],
      ['b0 c1', null],
      ['d2 e3', null],
      ['f4', '0/2A'],
      ['g0', '0/3A'],
    ]);
  });

  it('names the transaction of a part', () => {
    const s = stream({ maxChanges: 1 });
    s.begin();
    s.row();
    s.row();
    const part = s.decoder.take();
    expect(part).toMatchObject({ position: null, transaction: { id: '0/10', position: '0/10', commitTime: 0x10 } });
    expect(part).toMatchObject({ commitTime: 0x10 });
    const [change] = part?.changes ?? [];
    expect(part?.position === null && change?.transaction === part.transaction).toBe(true);
  });

  it('leaves a change for the last part, even when the limit is just reached', () => {
    const s = stream({ maxChanges: 2 });
    s.transaction('a', 'b', 'c', 'd');
    s.decoder.flush();
    expect(s.take()).toEqual([
      ['a0 b1', null],
      ['c2 d3', '0/1A'],
    ]);
  });

  it('does not give out a part before it has to', () => {
    const s = stream({ maxChanges: 2 });
    s.begin();
    s.row('a');
    s.row('b');
    s.decoder.flush();
    expect(s.take()).toEqual([]);
    s.commit();
    s.decoder.flush();
    expect(s.take()).toEqual([['a0 b1', '0/1A']]);
  });

  it('cuts by retained bytes, and admits a row above the limit alone', () => {
    const s = stream({ maxBytes: 5000 });
    s.transaction('a', 'b', 'c'.repeat(10_000), 'd', 'e');
    s.decoder.flush();
    const sizes: number[][] = [];
    for (let batch = s.decoder.take(); batch !== null; batch = s.decoder.take())
      sizes.push([batch.changes.length, batch.bytes]);
    expect(sizes.map(([length]) => length)).toEqual([2, 1, 2]);
    expect(sizes[0]?.[1]).toBeLessThanOrEqual(5000);
    expect(sizes[1]?.[1]).toBeGreaterThan(10_000);
    expect(sizes[1]?.[1]).toBeLessThan(11_000);
  });

  it('keeps the tables of one truncate together', () => {
    const s = stream({ maxChanges: 2 });
    s.begin();
    s.row('a');
    s.decoder.push(encode.truncate([users.oid, orders.oid, users.oid]));
    s.row('b');
    s.commit();
    s.decoder.flush();
    expect(s.take()).toEqual([
      ['a0', null],
      ['T1 T2 T3', null],
      ['b4', '0/1A'],
    ]);
  });

  it('does nothing for a truncate of no tables', () => {
    const s = stream({ maxChanges: 1 });
    s.begin();
    s.row('a');
    s.decoder.push(encode.truncate([]));
    s.commit();
    s.decoder.flush();
    expect(s.take()).toEqual([['a0', '0/1A']]);
  });

  it('lists the relations of each batch, those of a held-back transaction with its own', () => {
    const s = stream();
    s.transaction('a');
    s.begin();
    s.row('b', orders.oid);
    s.row('c', users.oid);
    s.decoder.flush();
    const first = s.decoder.take();
    s.commit();
    s.decoder.flush();
    const second = s.decoder.take();
    const tables = (batch: ChangeBatch | null) => batch?.relations.map(({ table: name }) => name);
    expect(tables(first)).toEqual(['users']);
    expect(tables(second)).toEqual(['orders', 'users']);
    expect([...(second?.changes ?? [])].map(({ table: name }) => name)).toEqual(['public.orders', 'public.users']);
  });

  describe('heartbeats', () => {
    it('come from transactions without changes, the last one alone', () => {
      const s = stream();
      s.transaction();
      s.transaction();
      s.decoder.flush();
      s.transaction();
      s.decoder.flush();
      expect(s.take()).toEqual([['', '0/3A']]);
    });

    it('ride along with transactions in the same read', () => {
      const s = stream();
      s.transaction();
      s.transaction('a');
      s.transaction();
      s.decoder.flush();
      expect(s.take()).toEqual([['a0', '0/3A']]);
    });

    it('do not swallow a batch that waits', () => {
      const s = stream();
      s.transaction('a');
      s.decoder.flush();
      s.transaction();
      s.decoder.flush();
      s.transaction();
      s.decoder.flush();
      expect(s.take()).toEqual([
        ['a0', '0/1A'],
        ['', '0/3A'],
      ]);
    });

    it('go before the parts of the transaction behind them', () => {
      const s = stream({ maxChanges: 1 });
      s.transaction();
      s.transaction('a', 'b');
      s.transaction();
      s.decoder.flush();
      expect(s.take()).toEqual([
        ['', '0/1A'],
        ['a0', null],
        ['b1', '0/2A'],
        ['', '0/3A'],
      ]);
    });

    it('are batches of nothing', () => {
      const s = stream();
      s.transaction();
      s.decoder.flush();
      const expected = { position: '0/1A', relations: [], schemaChanges: [], bytes: 0, commitTime: null };
      const batch = s.decoder.take();
      expect(batch).toMatchObject(expected);
      expect([...(batch?.changes ?? [1])]).toEqual([]);
      s.decoder.keepalive(0x50n);
      const heartbeat = s.decoder.takeHeartbeat();
      expect(heartbeat).toMatchObject({ ...expected, position: '0/50' });
      expect(heartbeat?.changes.length).toBe(0);
      expect(heartbeat?.tables.size).toBe(0);
    });
  });

  describe('idle position', () => {
    it('is the end of the log between transactions', () => {
      const s = stream();
      expect(s.decoder.idlePosition).toBeNull();
      expect(s.decoder.takeHeartbeat()).toBeNull();
      s.decoder.keepalive(5n);
      s.decoder.keepalive(8n);
      s.decoder.keepalive(6n);
      expect(s.decoder.idlePosition).toBe(8n);
      expect(s.decoder.takeHeartbeat()?.position).toBe('0/8');
      expect(s.decoder.idlePosition).toBeNull();
    });

    it('is not taken from a keepalive inside a transaction', () => {
      const s = stream();
      s.begin();
      s.decoder.keepalive(0x15n);
      s.row('a');
      s.decoder.keepalive(0x500n);
      expect(s.decoder.idlePosition).toBeNull();
      expect(s.decoder.takeHeartbeat()).toBeNull();
      s.commit();
      s.decoder.flush();
      expect(s.take()).toEqual([['a0', '0/1A']]);
      expect(s.decoder.idlePosition).toBeNull();
    });

    it('is not offered inside a transaction, parts of it out or not', () => {
      const s = stream({ maxChanges: 1 });
      s.decoder.keepalive(8n);
      s.begin();
      expect(s.decoder.idlePosition).toBeNull();
      s.row();
      s.row();
      expect(s.take()).toHaveLength(1);
      expect(s.decoder.idlePosition).toBeNull();
    });

    it('waits for everything before it', () => {
      const s = stream();
      s.transaction('a');
      s.decoder.keepalive(0x100n);
      expect(s.decoder.idlePosition).toBeNull();
      s.decoder.flush();
      expect(s.decoder.idlePosition).toBeNull();
      s.take();
      expect(s.decoder.idlePosition).toBe(0x100n);
    });

    it('never lies before the last position or the start of the stream', () => {
      const s = stream({}, 0x10n);
      s.decoder.keepalive(0x8n);
      s.decoder.keepalive(0x10n);
      expect(s.decoder.idlePosition).toBeNull();
      s.transaction('a');
      s.decoder.keepalive(0x1an);
      s.decoder.flush();
      s.take();
      expect(s.decoder.idlePosition).toBeNull();
    });

    it('refuses a transaction before a heartbeat that was taken', () => {
      const s = stream();
      s.decoder.keepalive(0x11n);
      s.decoder.takeHeartbeat();
      expect(() => s.begin()).toThrow(expect.objectContaining({ code: 'DECODE_FAILED' }));
    });
  });

  it('accounts for everything it retains', () => {
    const s = stream({ maxChanges: 4 });
    expect(s.decoder.pendingBytes).toBe(0);
    s.transaction('a', 'b');
    s.begin();
    for (const name of ['c', 'd', 'e', 'f', 'g', 'h']) s.row(name);
    expect(s.decoder.pendingChanges).toBe(8);
    const before = s.decoder.pendingBytes;
    const batch = s.decoder.take();
    expect(s.decoder.pendingBytes).toBe(before - (batch?.bytes ?? 0));
    expect(s.decoder.pendingChanges).toBe(6);
    s.commit();
    s.take();
    expect(s.decoder.pendingBytes).toBe(0);
    expect(s.decoder.pendingChanges).toBe(0);
  });

  it('retains little for a small batch', () => {
    const s = stream();
    s.transaction('a');
    s.decoder.flush();
    expect(s.decoder.take()?.bytes).toBeLessThan(20_000);
  });
});
