import { setTimeout } from 'node:timers/promises';
import { startPostgres } from '@millrace/test/harness';
import pg from 'pg';
import { compareTable, compareTables } from './compare.ts';
import { copyAndKill, pauseAndKill } from './interruptions.ts';
import { connected, createBank, runLoad, runStatement, schemaChanges } from './load.ts';
import { ProgressLine } from './progress-line.ts';
import { Streaming } from './streaming.ts';

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

/** From PostgreSQL. `changesSchema`: with columns added, renamed and retyped meanwhile. Returns the exit code. */
export const runPostgresDemo = async (changesSchema: boolean, signal: AbortSignal): Promise<number> => {
  const progress = new ProgressLine();
  progress.say('starting two PostgreSQL servers');
  await using source = await startPostgres();
  await using target = await startPostgres();
  const [from, to] = [source.url(), target.url()];
  progress.say('filling the source with a bank of 1,000,000 accounts and 200,000 transfers');
  await createBank(from);
  const loading = new AbortController();
  const load = runLoad(() => connected(from), 4, AbortSignal.any([loading.signal, signal]));
  const started = performance.now();
  progress.say('4 connections of TPC-B are at work; starting to copy');
  const streaming = new Streaming([from, to], {
    onReport: () => progress.show(streaming.last),
    onHandover: ({ table, position }) =>
      progress.say(`${table} is handed over: it equals its source from ${position} on`),
    onSchema: ({ schema }) => progress.say(`the target has followed: ${schema}`),
  });
  const arrived = async (within: AbortSignal) => {
    const end = await logEnd(from);
    await streaming.until(({ position }) => isAtOrAfter(position, end), within);
  };
  try {
    await copyAndKill(streaming, progress, signal);
    await pauseAndKill(streaming, progress, signal);
    if (changesSchema) {
      for (const statement of schemaChanges) {
        progress.say(statement);
        await runStatement(from, statement);
        await setTimeout(1_000, undefined, { signal });
      }
      await arrived(AbortSignal.any([signal, AbortSignal.timeout(60_000)]));
      await streaming.until(({ isComplete }) => isComplete, signal);
      progress.say('what was rewritten is copied anew');
    }
    loading.abort();
    const transactions = await load;
    await arrived(AbortSignal.any([signal, AbortSignal.timeout(60_000)]));
    const seconds = (performance.now() - started) / 1_000;
    const { rows, changes } = streaming.last;
    await streaming.end();
    const different = await compareTables((table) => compareTable(from, to, table), progress);
    progress.say(
      `${transactions} transactions in ${seconds.toFixed(1)} s, about ${rows} rows copied and ${changes} changes written; ` +
        (different === 0 ? 'source and target are equal' : `${different} rows differ`),
    );
    return different === 0 ? 0 : 1;
  } finally {
    loading.abort();
    await streaming.end();
    progress.end();
  }
};
