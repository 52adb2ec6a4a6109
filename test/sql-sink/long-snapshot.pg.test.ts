import { expect, it } from 'vitest';
import { SinkUnderTest } from '../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
import { relationOf, transaction } from '../../packages/sql-sink/src/testing/changes.ts';
import { createDatabase, sharedPostgres, type TestDatabase, until } from '../harness/index.ts';

/** Minutes that a report holds its snapshot while the stream writes; the short form runs always. */
const minutes = Number(process.env.MILLRACE_SNAPSHOT_MINUTES ?? 0);

const items = relationOf({ table: 'items', columns: ['id bigint!'], key: ['id'] });

const opened = async (database: TestDatabase) => {
  await database.query('CREATE TABLE IF NOT EXISTS items (id bigint PRIMARY KEY)');
  const sink = new SinkUnderTest({ connection: database.url });
  await sink.open({ relations: [items] });
  return sink;
};

let next = 0;
const writeGroups = async (sink: SinkUnderTest, count: number): Promise<void> => {
  for (let group = 0; group < count; group++)
    await sink.write(transaction(`0/${next}`).insert(items, { id: next }).changes, `0/${next++}`);
};

/** Pages of the checkpoint table that so many groups, written by a session of their own, have looked at. */
const pagesOf = async (database: TestDatabase, groups: number): Promise<number> => {
  const looks = async () => {
    const [row] = await database.query<{ pages: string; updates: string }>(
      `SELECT heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit, 0) AS pages, n_tup_upd AS updates
       FROM pg_statio_user_tables JOIN pg_stat_user_tables USING (relid) WHERE relid = 'millrace.checkpoint'::regclass`,
    );
    return { pages: Number(row?.pages), updates: Number(row?.updates) };
  };
  const sink = await opened(database);
  const before = await looks();
  await writeGroups(sink, groups);
  await sink.sink.close();
  // A session tells what it did when it ends.
  await until(async () => (await looks()).updates >= before.updates + groups, { describe: 'the statistics' });
  return (await looks()).pages - before.pages;
};

/** A report at the target that keeps every version of every row alive. */
const holdSnapshot = async (database: TestDatabase) => {
  const report = await database.connect();
  await report.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await report.query('SELECT count(*) FROM items');
};

it('saving a checkpoint looks at as many pages however many old versions a long snapshot keeps alive', async () => {
  await using database = await createDatabase(sharedPostgres());
  await (await opened(database)).sink.close();
  await holdSnapshot(database);
  const first = await pagesOf(database, 500);
  await pagesOf(database, 4_000);
  const last = await pagesOf(database, 500);
  expect(last).toBeLessThan(first * 1.5);
}, 120_000);

it.skipIf(minutes === 0)(
  'groups are written as fast after minutes of a long snapshot (MILLRACE_SNAPSHOT_MINUTES)',
  async () => {
    await using database = await createDatabase(sharedPostgres());
    const sink = await opened(database);
    await writeGroups(sink, 5_000);
    await holdSnapshot(database);
    const rates: number[] = [];
    for (const end = performance.now() + minutes * 60_000; performance.now() < end; ) {
      const started = performance.now();
      await writeGroups(sink, 5_000);
      rates.push(5_000_000 / (performance.now() - started));
    }
    const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
    const part = Math.ceil(rates.length / 5);
    const [before, after] = [median(rates.slice(0, part)), median(rates.slice(-part))];
    process.stdout.write(
      `${Math.round(before)} groups/s at first, ${Math.round(after)} after ${rates.length * 5_000} groups\n`,
    );
    expect(after).toBeGreaterThan(before * 0.8);
    await sink.sink.close();
  },
  minutes * 60_000 + 120_000,
);
