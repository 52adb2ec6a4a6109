import { expect, test } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { Change } from '../model/change.ts';
import { createStream } from './create-stream.ts';
import { failureOf, MemoryLog } from './memory-log.test-support.ts';
import { insert, until } from './recording-stream.test-support.ts';

test('handlers get the changes of their table in order; one that throws gets them again', async () => {
  const log = new MemoryLog();
  const seen: unknown[] = [];
  let fail = true;
  const stream = createStream({
    id: 'handlers',
    source: log.source(),
    tables: ['users'],
    checkpoints: memoryCheckpointStore(),
    on: {
      users(changes: readonly Change[]) {
        if (fail) {
          fail = false;
          throw new Error('not yet');
        }
        seen.push(...changes.map(({ table, after }) => [table, after?.id]));
      },
    },
  });
  await stream.start();
  log.append(insert(1), insert(2, 'orders'), insert(3));
  await until(() => seen.length === 2);
  expect(seen).toEqual([
    ['users', 1],
    ['users', 3],
  ]);
  expect(stream.errors[0]).toMatchObject({ code: 'HANDLER_FAILED', details: { table: 'public.users' } });
  await stream.stop();
});

test('changes(): done when the next is asked for, undone when the loop is left', async () => {
  const log = new MemoryLog();
  const stream = createStream({ id: 'loop', source: log.source(), checkpoints: memoryCheckpointStore() });
  await stream.start();
  log.append(insert(1));
  for await (const batch of stream.changes()) {
    expect(Array.from(batch.changes, ({ after }) => after?.id)).toEqual([1]);
    break;
  }
  expect(log.acknowledged).toEqual([]);
  log.append(insert(2));
  const seen: unknown[] = [];
  for await (const batch of stream.changes()) {
    for (const { after } of batch.changes) seen.push(after?.id);
    if (seen.length === 2) break;
  }
  expect(seen).toEqual([1, 2]);
  expect(log.acknowledged).toEqual(['1']);
  const before = performance.now();
  await stream.stop();
  expect(performance.now() - before).toBeLessThan(1_000);
});

test('changes(): a loop that is left after stop() gives its batch up at once', async () => {
  const log = new MemoryLog();
  const stream = createStream({ id: 'loop', source: log.source(), checkpoints: memoryCheckpointStore() });
  await stream.start();
  log.append(insert(1));
  let stopped: Promise<void> | undefined;
  const before = performance.now();
  for await (const _ of stream.changes()) {
    stopped = stream.stop();
    break;
  }
  await stopped;
  expect(performance.now() - before).toBeLessThan(1_000);
  expect(log.acknowledged).toEqual([]);
});

test('changes() ends with the run and throws what made it fail', async () => {
  const log = new MemoryLog();
  const stream = createStream({ id: 'loop', source: log.source(), checkpoints: memoryCheckpointStore() });
  await stream.start();
  log.append(insert(1));
  log.failures.set('read', failureOf('operator'));
  const loop = async () => {
    for await (const batch of stream.changes()) expect(batch.changes.length).toBe(1);
  };
  await expect(loop()).rejects.toMatchObject({ code: 'BROKEN' });
});
