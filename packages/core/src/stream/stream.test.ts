import { expect, test, vi } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { Sink } from '../contracts/sink.ts';
import type { BeginContext } from '../contracts/source.ts';
import { MillraceError } from '../errors/millrace-error.ts';
import type { Change } from '../model/change.ts';
import { nullSink } from '../sinks/null-sink.ts';
import { createStream } from './create-stream.ts';
import { failureOf, MemoryLog } from './memory-log.test-support.ts';
import type { Stream } from './stream.ts';
import type { StreamStatus } from './stream-state.ts';

interface Recorded {
  readonly sink: Sink;
  readonly written: number[];
  failNext: MillraceError | null;
  /** Blocks the next writes until called. */
  block(): () => void;
}

/** A sink that records the ids of what is durable, and nothing of a transaction that was given up. */
const recordingSink = (): Recorded => {
  const written: number[] = [];
  let open: number[] = [];
  let gate: Promise<void> | null = null;
  const recorded: Recorded = {
    written,
    failNext: null,
    block() {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        gate = null;
        release();
      };
    },
    sink: {
      ...nullSink({ name: 'recording' }),
      async open() {
        open = [];
        return null;
      },
      async write(batch, signal) {
        if (gate !== null) {
          const aborted = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          await Promise.race([gate, aborted]);
        }
        const failure = recorded.failNext;
        recorded.failNext = null;
        if (failure !== null) throw failure;
        for (const change of batch.changes) open.push(Number(change.after?.id ?? change.before?.id));
        if (batch.position === null) return;
        written.push(...open);
        open = [];
      },
      async rollback() {
        open = [];
      },
    },
  };
  return recorded;
};

const until = (reached: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(reached()).toBe(true), { timeout: 5_000, interval: 5 });

const setup = (options: object = {}) => {
  const log = new MemoryLog();
  const target = recordingSink();
  const statuses: StreamStatus[] = [];
  const stream = createStream({
    id: 'test',
    source: log.source(),
    sink: target.sink,
    checkpoints: memoryCheckpointStore(),
    ...options,
  });
  stream.on('status', ({ status }) => statuses.push(status));
  return { log, target, stream, statuses };
};

const insert = (id: number, table = 'users') => ({ table, id });

test('starts, pauses, resumes and stops through the documented statuses; nothing is skipped or repeated', async () => {
  const { log, target, stream, statuses } = setup();
  await stream.start();
  log.append(insert(1), insert(2));
  await until(() => target.written.length === 2);
  await stream.pause();
  expect(stream.status).toBe('paused');
  log.append(insert(3));
  await stream.resume();
  await until(() => target.written.length === 3);
  const { done } = stream;
  await stream.stop();
  await done;
  expect(statuses).toEqual(['starting', 'running', 'draining', 'paused', 'running', 'draining', 'stopped']);
  expect(target.written).toEqual([1, 2, 3]);
  log.append(insert(4));
  await stream.start();
  await until(() => target.written.length === 4);
  await stream.stop();
  expect(target.written).toEqual([1, 2, 3, 4]);
});

test('nothing is acknowledged before it is durable and its checkpoint is saved', async () => {
  const store = memoryCheckpointStore();
  const saved: (string | null)[] = [];
  const log = new MemoryLog();
  const target = recordingSink();
  const checkpoints = {
    ...store,
    save: async (checkpoint: Parameters<typeof store.save>[0]) => {
      expect(log.acknowledged).not.toContain(checkpoint.position);
      saved.push(checkpoint.position);
      await store.save(checkpoint);
    },
  };
  const stream = createStream({ id: 'test', source: log.source(), sink: target.sink, checkpoints });
  await stream.start();
  const release = target.block();
  log.append(insert(1));
  log.append(insert(2));
  await until(() => stream.stats().source.changes === 2);
  expect(log.acknowledged).toEqual([]);
  release();
  await until(() => target.written.length === 2);
  await stream.stop();
  expect(log.acknowledged.at(-1)).toBe('2');
  expect(saved.at(-1)).toBe('2');
});

test('a failed validation rejects start and leaves the stream not started, with a rejected done that nobody has to see', async () => {
  const { log, stream, statuses } = setup();
  const item = { code: 'A', state: 'failed', level: 'error', path: null, message: 'a is wrong', fix: 'FIX a' } as const;
  const failing = { ...log.source(), validate: async () => ({ items: [item, { ...item, code: 'B' }] }) };
  const invalid = createStream({
    id: 'invalid',
    source: failing,
    sink: nullSink(),
    checkpoints: memoryCheckpointStore(),
  });
  await expect(invalid.start()).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    details: { items: [{ code: 'A' }, { code: 'B' }] },
  });
  expect(invalid.status).toBe('not-started');
  await expect(invalid.done).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  expect((await invalid.validate()).items).toHaveLength(2);
  expect(statuses).toEqual([]);
  await stream.stop();
  expect(stream.status).toBe('not-started');
});

test('a recoverable error is retried by itself from the checkpoint', async () => {
  const { log, target, stream, statuses } = setup();
  const retries: number[] = [];
  stream.on('retry', ({ attempt }) => retries.push(attempt));
  await stream.start();
  log.append(insert(1));
  await until(() => target.written.length === 1);
  target.failNext = failureOf('retry');
  log.append(insert(2), insert(3));
  await until(() => target.written.length === 3);
  expect(target.written).toEqual([1, 2, 3]);
  expect(retries).toEqual([1]);
  expect(statuses).toEqual(['starting', 'running', 'failed', 'running']);
  expect(stream.errors.map(({ code }) => code)).toEqual(['BROKEN']);
  await stream.stop();
});

test('an error that only a person can mend ends the run; recover goes on, start does not', async () => {
  const { log, target, stream } = setup();
  await stream.start();
  target.failNext = failureOf('operator');
  log.append(insert(1));
  await expect(stream.done).rejects.toMatchObject({ code: 'BROKEN' });
  expect(stream.state).toMatchObject({ status: 'failed-permanently', error: { code: 'BROKEN' } });
  await expect(stream.start()).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
  await stream.stop();
  expect(stream.status).toBe('failed-permanently');
  await stream.recover('retry');
  await until(() => target.written.length === 1);
  await stream.stop();
  await stream.done;
});

test('a second owner fences the first, which ends and never retries', async () => {
  const checkpoints = memoryCheckpointStore();
  const log = new MemoryLog();
  const first = recordingSink();
  const second = recordingSink();
  const make = (target: Recorded) =>
    createStream({ id: 'shared', source: log.source(), sink: target.sink, checkpoints });
  const [one, two] = [make(first), make(second)];
  await one.start();
  await two.start();
  log.append(insert(1));
  await expect(one.done).rejects.toMatchObject({ code: 'FENCED' });
  expect(one.status).toBe('failed-permanently');
  await two.stop();
});

test('the event limit ends after the transaction that reaches it, and a new start counts anew', async () => {
  const { log, target, stream } = setup({ limits: { numberOfEvents: 3 } });
  await stream.start();
  const release = target.block();
  log.append(insert(1), insert(2));
  log.append(insert(3), insert(4), insert(5));
  log.append(insert(6));
  log.append(insert(7));
  release();
  await stream.done;
  expect(stream.state).toEqual({ status: 'finished', reason: 'event-limit' });
  expect(target.written).toEqual([1, 2, 3, 4, 5]);
  await stream.start();
  log.append(insert(8), insert(9));
  await stream.done;
  expect(target.written).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('the time limit ends the stream', async () => {
  const { stream } = setup({ limits: { elapsedTime: 0.05 } });
  await stream.start();
  await stream.done;
  expect(stream.state).toEqual({ status: 'finished', reason: 'time-limit' });
});

test('stop works in every status and leaves nothing open', async () => {
  for (const reach of [
    async () => {},
    async (stream: Stream) => void stream.start().catch(() => {}),
    async (stream: Stream) => stream.start(),
    async (stream: Stream) => {
      await stream.start();
      void stream.pause().catch(() => {});
    },
    async (stream: Stream) => {
      await stream.start();
      await stream.pause();
    },
    async (stream: Stream) => {
      await stream.start();
      await stream.stop();
    },
  ]) {
    const { stream, log } = setup();
    await reach(stream);
    await stream.stop();
    await stream.stop();
    expect(['not-started', 'stopped']).toContain(stream.status);
    const opened = log.calls.filter((call) => call === 'open').length;
    expect(log.calls.filter((call) => call === 'close').length).toBeGreaterThanOrEqual(opened);
  }
});

test('commands that make no sense in a status reject with it', async () => {
  const { stream } = setup();
  await expect(stream.pause()).rejects.toMatchObject({ code: 'NOT_POSSIBLE', details: { status: 'not-started' } });
  await expect(stream.resume()).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
  await expect(stream.recover('retry')).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
  await stream.start();
  await Promise.all([stream.start(), stream.start()]);
  await stream.pause();
  await stream.pause();
  await expect(stream.start()).rejects.toMatchObject({ code: 'NOT_POSSIBLE', details: { status: 'paused' } });
  await stream.stop();
});

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

test('update changes limits at once, and tables by draining and reconnecting', async () => {
  const { log, target, stream } = setup({ tables: ['users'] });
  await stream.start();
  log.append(insert(1), insert(2, 'orders'));
  await until(() => log.acknowledged.includes('1'));
  await stream.update({ tables: ['users', 'orders'] });
  expect(stream.status).toBe('running');
  log.append(insert(3, 'orders'));
  await until(() => target.written.length === 2);
  expect(target.written).toEqual([1, 3]);
  await expect(stream.update({ queue: { maxChanges: -1 } })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  await stream.update({ limits: { numberOfEvents: 3 } });
  log.append(insert(4));
  await stream.done;
  expect(stream.status).toBe('finished');
});

test('statistics stay readable after the end', async () => {
  const { log, target, stream } = setup();
  expect(stream.stats().source.status).toBe('ready');
  await stream.start();
  log.append(insert(1), insert(2, 'orders'));
  await until(() => target.written.length === 2);
  await stream.stop();
  const { source, sink, latency, position, queue } = stream.stats();
  expect(source).toMatchObject({
    status: 'stopped',
    changes: 2,
    tables: { 'public.users': { changes: 1 }, 'public.orders': { changes: 1 } },
  });
  expect(sink).toMatchObject({ changes: 2, groups: 1 });
  expect(latency.total?.p50).toBeGreaterThanOrEqual(0);
  expect(queue).toEqual({ changes: 0, bytes: 0 });
  expect(position).toBe('1');
});

test('a listener that throws does not disturb the stream', async () => {
  const { log, target, stream } = setup();
  const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
  const listeners = process.listeners('uncaughtException').slice(0, -1);
  for (const listener of listeners) process.off('uncaughtException', listener);
  stream.on('checkpoint', () => {
    throw new Error('listener');
  });
  await stream.start();
  log.append(insert(1));
  await until(() => target.written.length === 1);
  expect(await uncaught).toMatchObject({ message: 'listener' });
  for (const listener of listeners) process.on('uncaughtException', listener);
  expect(stream.status).toBe('running');
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
  await stream.stop();
});

test('wrong options are reported all at once', () => {
  const wrong = {
    id: 'a b',
    source: {},
    queue: { maxBytes: 0 },
    batch: { rows: 1 },
    tables: [{ name: 'users', operations: ['upsert'] }],
  };
  const create = () => createStream(wrong as never);
  expect(create).toThrowError(MillraceError);
  try {
    create();
  } catch (error) {
    const { problems } = (error as MillraceError).details as { problems: { path: string }[] };
    expect(problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['id', 'source', 'queue.maxBytes', 'batch', 'checkpoints']),
    );
  }
});
