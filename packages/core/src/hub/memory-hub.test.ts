import { expect, test } from 'vitest';
import { type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import { MemoryHub } from './memory-hub.ts';

const signal = new AbortController().signal;
const transaction = { id: 't', commitTime: 0, position: '0' };
const sized = (bytes: number, position: string | null): ChangeBatch => ({
  ...changeBatch([], position === null ? { position, transaction } : { position }),
  changes: Object.assign([], { length: bytes }),
  bytes,
});

test('is full by what it retains, until the sink released it', async () => {
  const hub = new MemoryHub({ maxChanges: 100, maxBytes: 10 });
  const safe: string[] = [];
  hub.onSafe((position) => safe.push(position));
  const batches = hub.subscribe('sink', 'earliest', signal);
  expect(hub.publish(sized(6, '1'), signal)).toBeUndefined();
  let admitted = false;
  const waiting = Promise.resolve(hub.publish(sized(6, '2'), signal)).then(() => {
    admitted = true;
  });
  await batches.next();
  await new Promise(setImmediate);
  expect(admitted).toBe(false);
  hub.release('sink', '1');
  await waiting;
  expect(hub.size).toEqual({ changes: 6, bytes: 6 });
  expect(safe).toEqual(['1']);
});

test('a batch larger than the hub enters an empty one', async () => {
  const hub = new MemoryHub({ maxChanges: 1, maxBytes: 1 });
  expect(hub.publish(sized(1_000, '1'), signal)).toBeUndefined();
});

test('parts of a transaction count until the next one is asked for, so a huge transaction passes', async () => {
  const hub = new MemoryHub({ maxChanges: 100, maxBytes: 10 });
  const batches = hub.subscribe('sink', 'earliest', signal);
  for (let part = 0; part < 5; part++) {
    const room = hub.publish(sized(9, null), signal);
    const next = batches.next();
    await room;
    await next;
  }
  expect(hub.size.bytes).toBe(9);
});

test('a wait for room ends with its signal', async () => {
  const hub = new MemoryHub({ maxChanges: 1, maxBytes: 1 });
  hub.publish(sized(1, '1'), signal);
  const aborter = new AbortController();
  const waiting = hub.publish(sized(1, '2'), aborter.signal);
  aborter.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(hub.size.changes).toBe(1);
});

test('after close, what is held is still delivered, then the subscription ends', async () => {
  const hub = new MemoryHub({ maxChanges: 100, maxBytes: 100 });
  hub.publish(sized(1, '1'), signal);
  hub.publish(sized(1, '2'), signal);
  await hub.close();
  const positions: unknown[] = [];
  for await (const { position } of hub.subscribe('sink', 'earliest', signal)) positions.push(position);
  expect(positions).toEqual(['1', '2']);
});

test('positions without changes take no room, however many there are: the newest replaces the one before', async () => {
  const hub = new MemoryHub({ maxChanges: 10, maxBytes: 10 });
  for (let n = 1; n <= 1_000; n++)
    expect(hub.publish(changeBatch([], { position: String(n) }), signal)).toBeUndefined();
  await hub.close();
  const positions: unknown[] = [];
  for await (const { position } of hub.subscribe('sink', 'earliest', signal)) positions.push(position);
  expect(positions).toEqual(['1000']);
});
