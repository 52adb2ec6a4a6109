/**
 * A live stream between two private PostgreSQL servers: loaded, paused, resumed, killed and restarted on the way, and
 * compared row by row at the end.
 */
import { setTimeout } from 'node:timers/promises';
import { startPostgres } from '@millrace/test/harness';
import pg from 'pg';
import { compareTable } from './compare.ts';
import { createTables, fillTables, runLoad, tableNames } from './load.ts';
import { ProgressLine } from './progress-line.ts';
import { Streaming } from './streaming.ts';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
const { signal } = interrupted;

const logEnd = async (url: string): Promise<string> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
  await client.end();
  return rows[0]?.lsn ?? '0/0';
};

const isAtOrAfter = (position: string | null, end: string): boolean => {
  const number = (lsn: string) => lsn.split('/').reduce((value, part) => (value << 32n) + BigInt(`0x${part}`), 0n);
  return position !== null && number(position) >= number(end);
};

const run = async (): Promise<number> => {
  const progress = new ProgressLine();
  progress.say('starting two PostgreSQL servers');
  await using source = await startPostgres();
  await using target = await startPostgres();
  const [from, to] = [source.url(), target.url()];
  await createTables(from);
  const streaming = new Streaming([from, to], () => progress.show(streaming.last));
  const loading = new AbortController();
  try {
    const isRunning = (report: { readonly status: string }) => report.status === 'running';
    await streaming.until(isRunning, signal);
    progress.say('streaming; filling the source with 100,000 accounts, then 4 connections of TPC-B');
    const started = performance.now();
    await fillTables(from);
    const load = runLoad(from, 4, AbortSignal.any([loading.signal, signal]));
    await setTimeout(5_000, undefined, { signal });
    progress.say('pausing for 2 s, while the load goes on');
    await streaming.command('pause', 'paused', signal);
    await setTimeout(2_000, undefined, { signal });
    await streaming.command('resume', 'running', signal);
    progress.say('resumed');
    await setTimeout(5_000, undefined, { signal });
    progress.say('killing the streaming process (SIGKILL) and starting it again');
    await streaming.killAndRestart();
    await streaming.until(isRunning, signal);
    progress.say('the new process goes on from the checkpoint');
    await setTimeout(5_000, undefined, { signal });
    loading.abort();
    const transactions = await load;
    const end = await logEnd(from);
    await streaming.until(
      ({ position }) => isAtOrAfter(position, end),
      AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
    );
    const seconds = (performance.now() - started) / 1_000;
    const { total } = streaming.last;
    await streaming.end();
    progress.say('stopped; comparing source and target row by row');
    let different = 0;
    for (const table of tableNames) {
      const result = await compareTable(from, to, table);
      different += result.different;
      progress.say(`  ${table}: ${result.rows} rows equal, ${result.different} different`);
    }
    progress.say(
      `${transactions} transactions in ${seconds.toFixed(1)} s, about ${total} changes written; ` +
        (different === 0 ? 'source and target are equal' : `${different} rows differ`),
    );
    return different === 0 ? 0 : 1;
  } finally {
    loading.abort();
    await streaming.end();
    progress.end();
  }
};

try {
  process.exitCode = await run();
} catch (error) {
  if (!signal.aborted) throw error;
  process.stdout.write('\ninterrupted; everything is stopped\n');
  process.exitCode = 130;
}
