import { expect, test } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { BeginContext } from '../contracts/source.ts';
import { createStream } from './create-stream.ts';
import { failureOf, MemoryLog } from './memory-log.test-support.ts';
import { insert, setup, until } from './recording-stream.test-support.ts';

test('a checkpoint of another source is never continued', async () => {
  const { log, stream } = setup();
  await stream.start();
  await stream.stop();
  log.identity = 'another';
  await expect(stream.start()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  expect(stream.status).toBe('failed-permanently');
});

test('changes that the copy of their table holds are not applied again', async () => {
  const checkpoints = memoryCheckpointStore();
  const { log, target, stream } = setup({ checkpoints });
  await stream.start();
  await stream.stop();
  const { epoch, checkpoint } = await checkpoints.acquire('test', target.sink.name, null);
  if (checkpoint === null) throw new Error('No checkpoint');
  const copied = { state: 'live', from: '2', ranges: [], through: null } as const;
  await checkpoints.save({ ...checkpoint, epoch, tables: { 'public.users': copied } });
  for (const id of [1, 2, 3]) log.append(insert(id), insert(id + 10, 'orders'));
  await stream.start();
  await until(() => target.written.length >= 4);
  await stream.stop();
  expect(target.written).toEqual([11, 12, 3, 13]);
  expect(log.acknowledged.at(-1)).toBe('3');
});

test('delete releases what was claimed and forgets the checkpoint', async () => {
  const { log, target, stream } = setup();
  await stream.start();
  log.append(insert(1));
  await until(() => target.written.length === 1);
  await stream.delete();
  expect(log.calls).toContain('release true');
  expect(stream.status).toBe('not-started');
  await stream.start();
  expect(log.calls.filter((call) => call === 'begin')).toHaveLength(2);
  await stream.stop();
});

test('delete says what is left when the source cannot be reached; force forgets anyway', async () => {
  const { log, stream } = setup();
  await stream.start();
  await stream.stop();
  log.failures.set('release true', failureOf('retry', 'CONNECTION_FAILED'));
  await expect(stream.delete()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  log.failures.set('release true', failureOf('retry', 'CONNECTION_FAILED'));
  await stream.delete({ force: true });
  expect(stream.status).toBe('not-started');
});

test('an interrupted first start begins again with its claim', async () => {
  const { log, stream } = setup();
  log.failures.set('begin', failureOf('retry'));
  await expect(stream.start()).rejects.toMatchObject({ code: 'BROKEN' });
  expect(stream.status).toBe('not-started');
  await stream.start();
  expect(log.calls.filter((call) => call.startsWith('claimed'))).toEqual(['claimed false', 'claimed true']);
  await stream.stop();
});

test('a source that makes and keeps nothing for the stream needs no methods for it', async () => {
  const log = new MemoryLog();
  const { acknowledge, distance, release, ...source } = log.source();
  const { stream, target } = setup({ source: { ...source, begin: async () => '0' } });
  log.append(insert(1));
  await stream.start();
  await until(() => target.written.length === 1);
  expect(stream.stats().lag.bytes).toBeNull();
  await stream.delete();
  expect(stream.status).toBe('not-started');
});

test('the first start begins where it is told, and only that one', async () => {
  const log = new MemoryLog();
  const source = log.source();
  const asked: unknown[] = [];
  const { stream, target } = setup({
    source: {
      ...source,
      capabilities: { ...source.capabilities, startPoints: true },
      begin: async ({ from }: BeginContext) => {
        asked.push(from);
        return '1';
      },
    },
    startFrom: { position: '1' },
  });
  log.append(insert(1));
  log.append(insert(2));
  await stream.start();
  await until(() => target.written.length === 1);
  await stream.stop();
  log.append(insert(3));
  await stream.start();
  await until(() => target.written.length === 2);
  await stream.stop();
  expect(asked).toEqual([{ position: '1' }]);
  expect(target.written).toEqual([2, 3]);
});

test('what a source says with its positions is kept with the checkpoint, and said to it again', async () => {
  const log = new MemoryLog();
  log.states.set(0, 'first').set(2, 'second');
  const store = memoryCheckpointStore();
  const open = () => createStream({ id: 'loop', source: log.source(), checkpoints: store });
  const told = () => log.calls.filter((call) => call.startsWith('told'));
  const takes = async (stream: ReturnType<typeof open>, count: number) => {
    for await (const { changes } of stream.changes()) {
      count -= changes.length;
      if (count < 0) break;
    }
  };
  const first = open();
  await first.start();
  expect(told()).toEqual(['told first']);
  log.append(insert(1));
  log.append(insert(2));
  log.append(insert(3));
  // The last one is not done when the loop is left.
  await takes(first, 1);
  await first.stop();
  const second = open();
  await second.start();
  expect(told()).toEqual(['told first', 'told first']);
  log.append(insert(4));
  await takes(second, 2);
  await second.stop();
  const third = open();
  await third.start();
  expect(told().at(-1)).toBe('told second');
  await third.stop();
});
