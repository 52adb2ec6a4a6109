import { expect, test } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { Change } from '../model/change.ts';
import { createStream } from '../stream/create-stream.ts';
import { failureOf } from '../stream/memory-log.test-support.ts';
import type { CopyProgress } from './copy-report.ts';
import { copyingStream, until } from './copying-stream.test-support.ts';
import { MemoryTables } from './memory-tables.test-support.ts';

const bothTables = ['public.orders', 'public.users'];

test('existing rows come first, as read changes, then what changed meanwhile, then tables are live', async () => {
  const { tables, written, prepared, stream, saved } = copyingStream();
  const events: object[] = [];
  const progress: CopyProgress[] = [];
  stream.on('handover', (event) => events.push(event));
  stream.on('snapshot', (event) => progress.push(event));
  tables.gate = async () => {
    if (tables.read.length === 2) tables.log.append({ table: 'users', id: 11 });
  };
  await stream.start();
  await until(() => events.length === 2);
  expect(stream.state).toEqual({ status: 'running', snapshot: null });
  expect(written.slice(0, 10).map(({ op }) => op)).toEqual(Array(10).fill('read'));
  expect(written.slice(0, 10).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(written[10]).toEqual({ op: 'insert', id: 11, catchingUp: bothTables });
  expect(prepared).toEqual(['snapshot users,orders', 'handover users,orders']);
  expect(events).toContainEqual({ table: 'public.users', position: '1' });
  expect(progress.at(-1)).toMatchObject({ table: 'public.users', rows: 10, estimatedRows: 10, done: true });
  tables.log.append({ table: 'users', id: 12 });
  await until(() => written.length === 12);
  expect(written[11]).toEqual({ op: 'insert', id: 12, catchingUp: [] });
  expect(stream.stats().sink).toMatchObject({ rows: 10, changes: 2, tables: { 'public.users': { rows: 10 } } });
  await stream.stop();
  expect((await saved())?.tables['public.users']).toMatchObject({ state: 'live', from: '0', ranges: [] });
  expect(tables.begun).toEqual([true]);
});

test('a table that is copied exactly is copied anew when interrupted, and gets what comes after as it stands', async () => {
  const { tables, written, failures, stream, saved } = copyingStream();
  const retries: unknown[] = [];
  stream.on('retry', ({ error }) => retries.push(error.code));
  tables.rows.orders = [1, 2, 3];
  tables.exact = ['public.users'];
  let isLogged = false;
  tables.gate = async () => {
    // Before the position of the copy, and behind it.
    if (tables.read.length === 1) tables.log.append({ table: 'users', id: 10 }, { table: 'orders', id: 3 });
    if (tables.read.length === 4) failures.push(failureOf('retry'));
    if (retries.length === 0 || isLogged) return;
    isLogged = true;
    tables.log.append({ table: 'users', id: 11 });
  };
  await stream.start();
  await until(() => written.some(({ id }) => id === 11));
  await until(() => stream.state.status === 'running' && stream.state.snapshot === null);
  expect(retries).toEqual(['BROKEN']);
  expect(tables.read.filter((read) => read === 'public.users 0')).toHaveLength(2);
  expect((await saved())?.tables['public.users']).toMatchObject({ state: 'live', from: '1', through: '1', ranges: [] });
  const inserted = written.filter(({ op }) => op === 'insert');
  expect(inserted.map(({ id }) => id)).toEqual([3, 11]);
  expect(inserted.flatMap(({ catchingUp }) => catchingUp)).not.toContain('public.users');
  await stream.stop();
});

test('a stream that is started again does not copy again', async () => {
  const { tables, written, stream, create } = copyingStream();
  await stream.start();
  await until(() => stream.state.status === 'running' && stream.state.snapshot === null);
  await stream.stop();
  const again = create();
  await again.start();
  tables.log.append({ table: 'users', id: 11 });
  await until(() => written.length === 11);
  expect(tables.begun).toEqual([true]);
  await again.stop();
});

test('a copy that is interrupted goes on where it was: durable chunks are not read again', async () => {
  const { tables, written, create, stream, saved } = copyingStream({ copy: { maxBytes: 2_000, concurrency: 1 } });
  let isHeld = true;
  tables.gate = async () => {
    while (isHeld && tables.read.length >= 4) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  await stream.start();
  await until(() => written.length === 7);
  expect(stream.state).toMatchObject({
    status: 'running',
    snapshot: { copying: bothTables.toReversed(), catchingUp: [] },
  });
  await Promise.all([
    stream.pause(),
    until(() => stream.status === 'draining').then(() => {
      isHeld = false;
    }),
  ]);
  expect((await saved())?.tables['public.users']?.ranges).toEqual([
    { table: 'public.users', range: { from: '0', to: '5' }, cursor: '5', done: true, rows: 5 },
    { table: 'public.users', range: { from: '5', to: null }, cursor: '7', done: false, rows: 2 },
  ]);
  await stream.stop();
  const before = tables.read.length;
  const again = create();
  await again.start();
  await until(() => written.length === 10);
  expect(tables.read.slice(before)).toEqual(['public.users 7', 'public.users 9']);
  await again.stop();
});

test('what fails during a copy is tried again', async () => {
  const { tables, written, failures, stream } = copyingStream();
  const retries: unknown[] = [];
  stream.on('retry', ({ error }) => retries.push(error.code));
  failures.push(failureOf('retry'));
  await stream.start();
  await until(() => written.length === 10);
  expect(retries).toEqual(['BROKEN']);
  expect(new Set(written.map(({ id }) => id)).size).toBe(10);
  expect(tables.begun).toEqual([true]);
  await stream.stop();
});

test('a log that cannot be read any more ends a copy at once, which goes on when it can', async () => {
  const { tables, written, create } = copyingStream();
  const source = tables.source();
  const logs: AbortController[] = [];
  let isHeld = true;
  tables.gate = async () => {
    while (isHeld && tables.read.length >= 3) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const stream = create({
    source: {
      ...source,
      async changes(after: string, signal: AbortSignal) {
        const log = new AbortController();
        logs.push(log);
        return Object.assign(await source.changes(after, signal), { failed: log.signal });
      },
    },
  });
  const retries: unknown[] = [];
  stream.on('retry', ({ error }) => retries.push(error.code));
  await stream.start();
  await until(() => written.length > 0);
  logs[0]?.abort(failureOf('retry', 'LOST'));
  isHeld = false;
  await until(() => stream.state.status === 'running' && stream.state.snapshot === null);
  expect(retries).toEqual(['LOST']);
  expect(logs).toHaveLength(2);
  expect(new Set(written.map(({ id }) => id)).size).toBe(10);
  await stream.stop();
});

test('a table that was rewritten is copied anew, with a warning; again and again is a failure', async () => {
  const { tables, written, stream } = copyingStream();
  const warnings: unknown[] = [];
  const retries: unknown[] = [];
  stream.on('warning', ({ code, details }) => warnings.push([code, details.table]));
  stream.on('retry', ({ error }) => retries.push(error.code));
  tables.outdated = 1;
  await stream.start();
  await until(() => stream.state.status === 'running' && stream.state.snapshot === null);
  expect(warnings).toEqual([['COPY_OUTDATED', 'public.users']]);
  expect(new Set(written.map(({ id }) => id)).size).toBe(10);
  expect(retries).toEqual([]);
  await stream.delete();
  tables.outdated = Number.POSITIVE_INFINITY;
  const attempts: number[] = [];
  stream.on('retry', ({ attempt }) => attempts.push(attempt));
  await stream.start();
  await until(() => attempts.length === 3);
  expect(new Set(retries)).toEqual(new Set(['COPY_OUTDATED']));
  // A plan is no progress, nor is a table without rows: the next attempt waits longer.
  expect(attempts).toEqual([1, 2, 3]);
  await stream.stop();
});

test('a chunk that cannot be written is not kept waiting by the one that is read meanwhile', async () => {
  const { tables, written, failures, stream } = copyingStream({ copy: { maxBytes: 2_000, concurrency: 1 } });
  const retries: unknown[] = [];
  stream.on('retry', ({ error }) => retries.push(error.code));
  failures.push(failureOf('retry'));
  tables.gate = async (signal) => {
    if (tables.read.length !== 1 || retries.length > 0) return;
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  await stream.start();
  await until(() => written.length === 10);
  expect(retries).toEqual(['BROKEN']);
  await stream.stop();
});

test("snapshot 'only' ends when every table equals its source", async () => {
  const { written, create } = copyingStream();
  const limits: unknown[] = [];
  const stream = create({ snapshot: 'only' });
  stream.on('limit', (limit) => limits.push(limit));
  await stream.start();
  await stream.done;
  expect(stream.state).toEqual({ status: 'finished', reason: 'snapshot-complete' });
  expect(written).toHaveLength(10);
  expect(limits).toEqual([]);
  await stream.start();
  await stream.done;
  expect(stream.state).toEqual({ status: 'finished', reason: 'snapshot-complete' });
  expect(written).toHaveLength(10);
});

test("snapshot 'never' copies nothing, and keeps the columns that the tables have", async () => {
  const { tables, written, prepared, create, saved } = copyingStream();
  const stream = create({ snapshot: 'never' });
  await stream.start();
  tables.log.append({ table: 'users', id: 11 });
  await until(() => written.length === 1);
  await stream.stop();
  expect(tables.begun).toEqual([false]);
  expect(prepared).toEqual(['stream users,orders']);
  const live = expect.objectContaining({ state: 'live', shape: expect.anything() });
  expect((await saved())?.tables).toEqual({ 'public.users': live, 'public.orders': live });
});

test('transform sees copied rows, and copied rows count for the limit of events', async () => {
  const { written, create } = copyingStream();
  const transform = (change: Change) => (change.op === 'read' && Number(change.after.id) % 2 === 0 ? null : change);
  const stream = create({ transform, limits: { numberOfEvents: 4 }, copy: { maxBytes: 2_000, concurrency: 1 } });
  await stream.start();
  await stream.done;
  expect(stream.state).toEqual({ status: 'finished', reason: 'event-limit' });
  expect(written.map(({ id }) => id)).toEqual([1, 3]);
});

test('a limit of bytes per second holds the source back', async () => {
  const { tables, written, create } = copyingStream();
  const stream = create({ copy: { maxBytes: 2_000, maxBytesPerSecond: 320 } });
  const begun = performance.now();
  await stream.start();
  await until(() => written.length === 10);
  // 80 bytes, of which the last chunks of two ranges need not be waited for.
  expect(performance.now() - begun).toBeGreaterThan(100);
  expect(tables.read).toHaveLength(6);
  await stream.stop();
});

test('handlers get copied rows as changes', async () => {
  const tables = new MemoryTables();
  const seen: unknown[] = [];
  const stream = createStream({
    id: 'handlers',
    source: tables.source(),
    tables: ['users'],
    checkpoints: memoryCheckpointStore(),
    on: {
      users: (changes: readonly Change[]) => {
        seen.push(...changes.map(({ op, table, id, transaction }) => ({ op, table, id, transaction })));
      },
    },
  });
  await stream.start();
  await until(() => seen.length === 10);
  expect(seen[0]).toEqual({ op: 'read', table: 'users', id: 'users/["1"]', transaction: null });
  await stream.stop();
});
