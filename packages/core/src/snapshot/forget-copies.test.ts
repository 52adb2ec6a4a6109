import { expect, test } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { Sink } from '../contracts/sink.ts';
import { nullSink } from '../sinks/null-sink.ts';
import { createStream } from '../stream/create-stream.ts';
import { failureOf } from '../stream/memory-log.test-support.ts';
import { MemoryTables } from './memory-tables.test-support.ts';

/** A sink of the user that is told to give up copies, and fails at it so often. */
const setup = () => {
  const tables = new MemoryTables();
  tables.log.tables = ['users'];
  const calls: string[] = [];
  let failures = 0;
  const checkpoints = memoryCheckpointStore();
  const position = async () => (await checkpoints.list('copy'))[0]?.position;
  const sink: Sink = {
    ...nullSink({ name: 'recording' }),
    async discardCopy({ table }) {
      if (failures-- > 0) throw failureOf('recover');
      calls.push(`discard ${table} at ${await position()}`);
    },
    async write({ changes }) {
      for (const { op } of changes) calls.push(op);
    },
  };
  const stream = createStream({
    id: 'copy',
    source: tables.source(),
    sink,
    checkpoints,

    snapshot: 'always',
  });
  const fail = (times: number) => {
    failures = times;
  };
  const live = () =>
    new Promise<void>((resolve) => {
      const stop = stream.on('handover', () => {
        stop();
        resolve();
      });
    });
  return { stream, calls, fail, live };
};

const reads = Array(10).fill('read');

test('every start gives up the copy first, a resume does not', async () => {
  const { stream, calls, live } = setup();
  await Promise.all([stream.start(), live()]);
  expect(calls.splice(0)).toEqual(reads);
  await stream.pause();
  await stream.resume();
  await stream.stop();
  expect(calls).toEqual([]);
  await Promise.all([stream.start(), live()]);
  expect(calls).toEqual(['discard users at 0', ...reads]);
  await stream.stop();
});

test('a start that failed while it forgot is completed by what recovers it', async () => {
  const { stream, calls, fail, live } = setup();
  await Promise.all([stream.start(), live()]);
  await stream.stop();
  calls.length = 0;
  fail(1);
  await expect(stream.start()).rejects.toMatchObject({ code: 'BROKEN' });
  expect(stream.status).toBe('failed-permanently');
  await Promise.all([stream.recover('retry'), live()]);
  expect(calls).toEqual(['discard users at 0', ...reads]);
  await stream.stop();
});
