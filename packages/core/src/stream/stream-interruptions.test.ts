import { expect, test } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { BeginContext, SourceContext } from '../contracts/source.ts';
import { changeBatch } from '../model/change-batch.ts';
import { decodedRow } from '../model/decoded-row.ts';
import { createChange } from '../model/row-change.ts';
import { createStream } from './create-stream.ts';
import { outcome, setup, until, untilAborted } from './interrupted-stream.test-support.ts';
import { failureOf, MemoryLog, relationOf } from './memory-log.test-support.ts';

test('a sink that cannot be opened twice in a row does not fence itself', async () => {
  let failures = 0;
  let isFirst = true;
  const { log, stream } = setup({
    sink: {
      async open() {
        if (failures-- > 0) throw failureOf('retry', 'DOWN');
        return null;
      },
      async write() {
        if (!isFirst) return;
        isFirst = false;
        failures = 1;
        throw failureOf('retry', 'DOWN');
      },
    },
  });
  await stream.start();
  log.append({ table: 'users', id: 1 });
  await until(() => stream.stats().sink.changes === 1);
  expect(stream.status).toBe('running');
  await stream.stop();
});

test('commands may be given by a listener', async () => {
  const { stream } = setup({});
  await stream.start();
  let resumed: Promise<string> | null = null;
  stream.on('status', ({ status }) => {
    if (status === 'paused') resumed ??= outcome(stream.resume());
  });
  await stream.pause().catch(() => {});
  expect(await resumed).toBe('done');
  await stream.stop();
});

test('resuming a start that was paused while it validated is the start: it validates and takes the stream over', async () => {
  const store = memoryCheckpointStore();
  let isSlow = false;
  const validated: string[] = [];
  const { stream } = setup({
    options: { checkpoints: store },
    source: {
      async validate({ signal }: SourceContext) {
        if (isSlow) await untilAborted(signal);
        validated.push('yes');
        return { items: [] };
      },
    },
  });
  await stream.start();
  await stream.stop();
  // Another process ran the stream in between.
  await store.acquire('interruptions', 'array', null);
  isSlow = true;
  const starting = outcome(stream.start());
  await stream.pause();
  expect(await starting).toBe('INTERRUPTED');
  isSlow = false;
  await stream.resume();
  expect(validated).toHaveLength(2);
  await stream.stop();
});

test('an open that was given up has no effect on the next run', { timeout: 20_000 }, async () => {
  let opens = 0;
  let answerLate = () => {};
  const { log, stream, written } = setup({
    source: (own: MemoryLog) => ({
      async open(context: SourceContext) {
        // The first call hangs, and ignores its signal.
        if (++opens === 1) await new Promise<void>((resolve) => (answerLate = resolve));
        return own.source().open(context);
      },
    }),
  });
  void stream.start().catch(() => {});
  await until(() => opens === 1);
  await stream.stop();
  await stream.start();
  answerLate();
  log.append({ table: 'users', id: 1 });
  await until(() => written.length === 1);
  expect(stream.state).toEqual({ status: 'running', snapshot: null });
  await stream.stop();
});

test('a source that does not say where its log ends does not keep a start waiting', async () => {
  const { stream } = setup({ source: { head: () => new Promise<never>(() => {}) } });
  await stream.start();
  await stream.stop();
});

test('recover may be asked for twice', async () => {
  const { log, stream } = setup({});
  await stream.start();
  log.failures.set('read', failureOf('recover'));
  log.append({ table: 'users', id: 1 });
  await until(() => stream.status === 'failed-permanently');
  expect(await Promise.all([outcome(stream.recover('retry')), outcome(stream.recover('retry'))])).toEqual([
    'done',
    'done',
  ]);
  await stream.stop();
});

test('tables that are changed while the stream opens reach its source', async () => {
  const named: string[][] = [];
  let isBlocked = true;
  let release = () => {};
  const { stream } = setup({
    options: { tables: ['public.users'] },
    source: (own: MemoryLog) => ({
      async open(context: SourceContext) {
        named.push(context.tables.map(({ name }) => name));
        if (isBlocked) await new Promise<void>((resolve) => (release = resolve));
        return own.source().open(context);
      },
    }),
  });
  const starting = stream.start();
  await until(() => named.length === 1);
  const updating = stream.update({ tables: ['public.users', 'public.orders'] });
  isBlocked = false;
  release();
  await Promise.all([starting, updating]);
  expect(named).toEqual([['public.users'], ['public.users', 'public.orders']]);
  await stream.stop();
});

test('leaving the loop over changes() and stopping is no error', async () => {
  const log = new MemoryLog();
  const stream = createStream({ id: 'loop', source: log.source(), checkpoints: memoryCheckpointStore() });
  await stream.start();
  log.append({ table: 'users', id: 1 });
  for await (const _ of stream.changes()) break;
  await stream.stop();
  expect(stream.errors).toEqual([]);
  expect(stream.state).toEqual({ status: 'stopped', error: null });
});

test('a source that moves backwards in its log is an error, and nothing of it is written', async () => {
  const { log, stream, written } = setup({ source: { compare: () => -1 as const } });
  await stream.start();
  log.append({ table: 'users', id: 1 });
  await expect(stream.done).rejects.toMatchObject({ code: 'CONNECTOR_INVALID' });
  expect(written).toEqual([]);
});

test('traffic of which the filter leaves nothing does not cost the sink a commit each', async () => {
  const { log, stream } = setup({ options: { tables: ['users'] } });
  let commits = 0;
  stream.on('checkpoint', () => commits++);
  await stream.start();
  for (let id = 1; id <= 200; id++) {
    log.append({ table: 'orders', id });
    await new Promise(setImmediate);
  }
  await stream.stop();
  expect(commits).toBeLessThan(5);
  expect(log.acknowledged.at(-1)).toBe('200');
});

test('draining writes what is complete, and gives up a transaction that is not', async () => {
  const transaction = (n: number) => ({ id: String(n), commitTime: 0, position: String(n) });
  const insertOf = (id: number, n: number) => {
    const relation = relationOf('users');
    const after = decodedRow(relation, { id, value: 0 });
    return createChange({
      op: 'insert',
      table: 'public.users',
      relation,
      transaction: transaction(n),
      sequence: 0,
      before: null,
      after,
    });
  };
  let rolledBack = 0;
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const written: string[] = [];
  const { log, stream } = setup({
    source: {
      async changes(_: string, signal: AbortSignal) {
        return (async function* () {
          yield changeBatch([insertOf(1, 0)], { position: '1' });
          yield changeBatch([insertOf(2, 1)], { position: '2' });
          yield changeBatch([insertOf(3, 2)], { position: null, transaction: transaction(2) });
          await untilAborted(signal);
        })();
      },
    },
    sink: {
      async write(batch) {
        await gate;
        for (const { after } of batch.changes) written.push(`${after?.id} ${batch.position}`);
      },
      rollback: async () => void rolledBack++,
    },
  });
  await stream.start();
  await until(() => stream.stats().source.changes === 3);
  const stopping = stream.stop();
  release();
  await stopping;
  expect(written).toEqual(['1 1', '2 2']);
  expect(rolledBack).toBe(1);
  expect(log.acknowledged).toEqual(['1', '2']);
});

test('a claim that cannot be saved is no failure of the source', async () => {
  const store = { ...memoryCheckpointStore(), save: () => Promise.reject(new Error('the disk is full')) };
  const outcomes: unknown[] = [];
  const { stream } = setup({
    source: {
      begin: ({ claim }: BeginContext) =>
        claim().catch((error) => {
          outcomes.push(error);
          throw error;
        }),
    },
    options: { checkpoints: store },
  });
  await expect(stream.start()).rejects.toMatchObject({ code: 'CONNECTOR_FAILED', message: 'the disk is full' });
  expect(outcomes).toMatchObject([{ code: 'CONNECTOR_FAILED', recovery: 'retry' }]);
});
