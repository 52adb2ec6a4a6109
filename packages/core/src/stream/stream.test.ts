import { expect, test } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import { MillraceError } from '../errors/millrace-error.ts';
import { nullSink } from '../sinks/null-sink.ts';
import { createStream } from './create-stream.ts';
import { failureOf, MemoryLog } from './memory-log.test-support.ts';
import { insert, type Recorded, recordingSink, setup, until } from './recording-stream.test-support.ts';
import type { Stream } from './stream.ts';

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
  expect(stream.stats().position).toBe('0');
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

test('the logger hears of every error, with its cause', async () => {
  const errors: unknown[] = [];
  const logger = { info() {}, warn() {}, error: (details: object, message: string) => errors.push([details, message]) };
  const { log, target, stream } = setup({ logger });
  await stream.start();
  const failure = new MillraceError({ code: 'CONNECTION_LOST', recovery: 'retry', message: 'lost', cause: 'reset' });
  target.failNext = failure;
  log.append(insert(1));
  await until(() => target.written.length === 1);
  await stream.stop();
  expect(errors).toEqual([[{ stream: 'test', err: failure }, 'lost']]);
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

test('a connector without capabilities is a wrong option', () => {
  const { capabilities: _, ...sink } = nullSink();
  const { capabilities: __, ...source } = new MemoryLog().source();
  const options = { id: 'test', source, sink, checkpoints: memoryCheckpointStore() };
  expect(() => createStream(options as never)).toThrow(/source: must be .*capabilities.*sink: must be .*capabilities/);
});

test('wrong options are reported all at once', () => {
  const wrong = {
    id: 'a b',
    source: {},
    queue: { maxBytes: 0 },
    batch: { rows: 1 },
    tables: [{ name: 'users', operations: ['upsert'] }],
    schemaChanges: 'follow',
  };
  const create = () => createStream(wrong as never);
  expect(create).toThrowError(MillraceError);
  try {
    create();
  } catch (error) {
    const { problems } = (error as MillraceError).details as { problems: { path: string; message: string }[] };
    const message = problems.find(({ path }) => path === 'schemaChanges')?.message;
    expect(message).toMatch(/^must be "lenient", .*add-column, .*truncate/);
    expect(problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['id', 'source', 'queue.maxBytes', 'batch', 'checkpoints']),
    );
  }
});
