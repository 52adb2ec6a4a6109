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

test('says what it retains: batches until they are released, a part until the next one is asked for', async () => {
  const hub = new MemoryHub({ maxChanges: 100, maxBytes: 100 });
  const batches = hub.subscribe(signal);
  hub.publish(sized(6, '1'), signal);
  hub.publish(sized(5, null), signal);
  await batches.next();
  expect(hub.size).toEqual({ changes: 11, bytes: 11 });
  hub.release('1');
  await batches.next();
  expect(hub.size).toEqual({ changes: 5, bytes: 5 });
  void batches.next();
  await new Promise(setImmediate);
  expect(hub.size).toEqual({ changes: 0, bytes: 0 });
});
