import { expect, test } from 'vitest';
import { type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import { GroupBuilder } from './group-builder.ts';

const hub = { maxChanges: 1_000, maxBytes: 1_000 };
const signal = new AbortController().signal;
const batch = (rows: number, position: string | null, transaction = 't'): ChangeBatch => ({
  ...changeBatch(
    [],
    position === null ? { position, transaction: { id: transaction, commitTime: 0, position: '0' } } : { position },
  ),
  changes: Array.from({ length: rows }) as never,
  bytes: rows,
});

async function* of(...batches: readonly ChangeBatch[]) {
  yield* batches;
}

const groupsOf = async (
  limits: { maxRows: number; maxBytes: number; maxDelay: number },
  ...batches: readonly ChangeBatch[]
) => {
  const groups = new GroupBuilder(limits, hub);
  const filling = groups.fill(of(...batches), signal);
  const taken: (readonly [number, string | null])[] = [];
  for (let group = await groups.take(signal); group !== null; group = await groups.take(signal)) {
    taken.push([group.changes.length, group.position]);
    // The sink writes while the next group gathers.
    await new Promise(setImmediate);
  }
  await filling;
  return taken;
};

const limits = { maxRows: 10, maxBytes: 100, maxDelay: 0 };

test('a group closes with the batch that reaches the limit', async () => {
  const groups = await groupsOf({ ...limits, maxDelay: 1_000 }, batch(6, '1'), batch(6, '2'), batch(6, '3'));
  expect(groups).toEqual([
    [12, '2'],
    [6, '3'],
  ]);
});

test('parts never share a group with the transactions before and behind them', async () => {
  const groups = await groupsOf(
    { ...limits, maxDelay: 1_000 },
    batch(1, '1'),
    batch(8, null),
    batch(8, null),
    batch(8, '2'),
    batch(1, '3'),
  );
  expect(groups).toEqual([
    [1, '1'],
    [16, null],
    [8, '2'],
    [1, '3'],
  ]);
});

test('without a delay the first batch goes at once, and what gathers meanwhile is the next group', async () => {
  const groups = new GroupBuilder(limits, hub);
  let publish: (batch: ChangeBatch) => void = () => {};
  const source = (async function* () {
    for (;;) yield await new Promise<ChangeBatch>((resolve) => (publish = resolve));
  })();
  void groups.fill(source, signal);
  const next = async (value: ChangeBatch) => {
    await new Promise(setImmediate);
    publish(value);
    await new Promise(setImmediate);
  };
  const first = groups.take(signal);
  await next(batch(1, '1'));
  expect((await first)?.position).toBe('1');
  await next(batch(1, '2'));
  await next(batch(1, '3'));
  expect(await groups.take(signal)).toMatchObject({ position: '3', changes: { length: 2 } });
});

test('a group that would keep the hub full does not wait for more', async () => {
  const groups = new GroupBuilder({ ...limits, maxRows: 10_000, maxDelay: 60_000 }, { maxChanges: 4, maxBytes: 100 });
  const never = (async function* () {
    yield batch(2, '1');
    await new Promise(() => {});
  })();
  void groups.fill(never, signal);
  expect((await groups.take(signal))?.position).toBe('1');
});

test('the parts of a transaction that was given up are dropped, before and after', async () => {
  const groups = new GroupBuilder(limits, hub);
  const filling = groups.fill(of(batch(1, '1'), batch(1, null, 'x'), batch(1, null, 'x')), signal);
  groups.giveUp('x');
  expect((await groups.take(signal))?.position).toBe('1');
  expect(await groups.take(signal)).toBeNull();
  await filling;
});

test('what ends the batches ends take, after what came before', async () => {
  const groups = new GroupBuilder(limits, hub);
  const failing = (async function* () {
    yield batch(1, '1');
    throw new Error('lost');
  })();
  await groups.fill(failing, signal);
  expect((await groups.take(signal))?.position).toBe('1');
  await expect(groups.take(signal)).rejects.toThrow('lost');
});
