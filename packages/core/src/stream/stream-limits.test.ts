import { expect, test, vi } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { Sink } from '../contracts/sink.ts';
import { nullSink } from '../sinks/null-sink.ts';
import { createStream } from './create-stream.ts';
import { failureOf, MemoryLog } from './memory-log.test-support.ts';

const insert = (id: number, table = 'users') => ({ table, id });
const until = (reached: () => boolean) =>
  vi.waitFor(() => expect(reached()).toBe(true), { timeout: 5_000, interval: 5 });

const setup = (options: object, sinkParts: Partial<Sink> = {}) => {
  const log = new MemoryLog();
  const written: number[] = [];
  const sink: Sink = {
    ...nullSink({ name: 'limited' }),
    async write(batch) {
      for (const { after } of batch.changes) written.push(Number(after?.id));
    },
    ...sinkParts,
  };
  const stream = createStream({
    id: 'limits',
    source: log.source(),
    sink,
    checkpoints: memoryCheckpointStore(),
    ...options,
  });
  return { log, stream, written };
};

test('the event limit ends a stream whose queue holds many more groups', async () => {
  const { log, stream, written } = setup({ limits: { numberOfEvents: 1 }, batch: { maxRows: 1 } });
  await stream.start();
  for (let id = 1; id <= 5; id++) log.append(insert(id));
  await stream.done;
  expect(written).toEqual([1]);
});

test('the parts of a transaction that was given up and read again count once', async () => {
  let hasFailed = false;
  const durable: number[] = [];
  let open: number[] = [];
  const { log, stream } = setup(
    { batch: { maxRows: 1 }, limits: { numberOfEvents: 5 } },
    {
      open: async () => {
        open = [];
        return null;
      },
      async write(batch) {
        if (batch.position !== null && batch.changes.length > 0 && !hasFailed) {
          hasFailed = true;
          throw failureOf('retry');
        }
        for (const { after } of batch.changes) open.push(Number(after?.id));
        if (batch.position !== null) durable.push(...open.splice(0));
      },
    },
  );
  log.maxChanges = 1;
  await stream.start();
  log.append(insert(1), insert(2), insert(3), insert(4));
  await until(() => durable.length === 4);
  expect(stream.status).toBe('running');
  log.append(insert(5));
  await stream.done;
  expect(durable).toEqual([1, 2, 3, 4, 5]);
});

test('a limit that parts have reached is not exceeded by the next transaction', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const written: number[] = [];
  const { log, stream } = setup(
    { tables: ['public.users'], batch: { maxRows: 2 }, limits: { numberOfEvents: 2 } },
    {
      async write(batch) {
        await gate;
        for (const { after } of batch.changes) written.push(Number(after?.id));
      },
    },
  );
  log.maxChanges = 2;
  await stream.start();
  // Nothing is left of the last part.
  log.append(insert(1), insert(2), insert(3, 'orders'), insert(4, 'orders'));
  log.append(insert(5));
  await until(() => stream.stats().source.changes >= 3);
  release();
  await stream.done;
  expect(written).toEqual([1, 2]);
});

test('the time limit ends a stream whose loop over changes() was left', async () => {
  const log = new MemoryLog();
  const limits = { elapsedTime: 0.2 };
  const stream = createStream({ id: 'limits', source: log.source(), checkpoints: memoryCheckpointStore(), limits });
  await stream.start();
  log.append(insert(1));
  for await (const _ of stream.changes()) break;
  await stream.done;
  expect(stream.state).toEqual({ status: 'finished', reason: 'time-limit' });
  expect(log.acknowledged).toEqual([]);
});

test('a limit lowered to what was written already ends an idle stream', async () => {
  const { log, stream, written } = setup({});
  await stream.start();
  log.append(insert(1), insert(2));
  await until(() => written.length === 2);
  await stream.update({ limits: { numberOfEvents: 2 } });
  await stream.done;
});

test('an update of one limit keeps the others, and undefined changes nothing', async () => {
  const { log, stream, written } = setup({ tables: ['users'], limits: { elapsedTime: 0.3 } });
  await stream.start();
  await stream.update({ limits: { numberOfEvents: 1_000 } });
  await stream.update({ tables: undefined } as object);
  log.append(insert(1, 'orders'), insert(2));
  await stream.done;
  expect(stream.state).toMatchObject({ reason: 'time-limit' });
  expect(written).toEqual([2]);
});
