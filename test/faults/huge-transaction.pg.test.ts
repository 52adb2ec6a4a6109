import { expect, test } from 'vitest';
import {
  createDatabase,
  sampleResidentMemory,
  sharedPostgres,
  startProgram,
  uniqueName,
  until,
} from '../harness/index.ts';

/** 1 million in CI; the five million of the promise with the variable. */
const rows = Number(process.env.MILLRACE_HUGE_ROWS ?? 1_000_000);
const program = new URL('huge-transaction.program.ts', import.meta.url);

test(`one transaction of ${rows} rows: bounded memory, all or nothing visible, one checkpoint, a pause in its middle`, {
  timeout: 600_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE facts (id int PRIMARY KEY, amount numeric, name text)');
  const args = [JSON.stringify({ source: source.url, target: target.url, slot: uniqueName('slot') })];
  await using streaming = await startProgram(program, { args });
  await streaming.message('running');
  using memory = sampleResidentMemory(streaming.pid, 100);

  const seen = new Set<number>();
  const checkpoints = new Set<string>();
  const polling = new AbortController();
  const poll = (async () => {
    while (!polling.signal.aborted) {
      const [row] = await target.query<{ count: string; version: string }>(
        'SELECT (SELECT count(*) FROM facts) AS count, (SELECT xmin::text FROM millrace.checkpoint) AS version',
      );
      seen.add(Number(row?.count));
      if (Number(row?.count) > 0) checkpoints.add(String(row?.version));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();

  await source.query(`INSERT INTO facts SELECT n, n * 1.5, 'name of number ' || n FROM generate_series(1, ${rows}) n`);
  await streaming.message('in the middle');
  const paused = performance.now();
  await streaming.send('pause');
  await streaming.message('paused');
  expect(performance.now() - paused).toBeLessThan(10_000);
  expect(seen).toEqual(new Set([0]));
  await streaming.send('resume');
  await streaming.message('resumed');
  const arrived = async () => (await target.query<{ n: number }>('SELECT 1 AS n FROM facts LIMIT 1')).length > 0;
  await until(arrived, { describe: 'the transaction at the target', timeout: 500_000 });
  polling.abort();
  await poll;
  await streaming.send('stop');
  await streaming.exited;

  expect([...seen].every((count) => count === 0 || count === rows)).toBe(true);
  expect(checkpoints.size).toBeLessThanOrEqual(1);
  expect(memory.max).toBeLessThan(300 * 1024 * 1024);
  expect(await target.query('SELECT count(*)::int AS count FROM facts')).toEqual([{ count: rows }]);
  const digest = "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM facts t";
  expect(await target.query(digest)).toEqual(await source.query(digest));
});
