import type { ChangeBatch } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { encode } from './message-encoder.test-support.ts';
import { orders, stream, users } from './transaction-stream.test-support.ts';

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

  it('gathers whole transactions again after one in parts', () => {
    const s = stream({ maxChanges: 2 });
    s.transaction('a', 'b', 'c');
    s.transaction('d');
    s.transaction('e');
    s.decoder.flush();
    expect(s.take()).toEqual([
      ['a0 b1', null],
      ['c2', '0/1A'],
      ['d0 e0', '0/3A'],
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
