import { startMysql, startPostgres, until } from '@millrace/test/harness';
import { compareRows, compareTables, rowsOf } from './compare.ts';
import { copyAndKill, pauseAndKill } from './interruptions.ts';
import { connected, runLoad } from './load.ts';
import { bankRows, connectedMysql, createMysqlBank, lastTransfer, targetRows } from './mysql-bank.ts';
import { ProgressLine } from './progress-line.ts';
import { Streaming } from './streaming.ts';

const database = 'bank';
const servers = { mysql: ['mysql', 'MySQL'], mariadb: ['mariadb-11.8', 'MariaDB'] } as const;

/** Resolves when the target has it, and with that everything before it: transactions arrive in order. */
const arrives = async (target: string, transfer: number, signal: AbortSignal): Promise<void> => {
  const client = await connected(target);
  const has = async () => (await client.query('SELECT 1 FROM history WHERE id = $1', [transfer])).rowCount === 1;
  try {
    await until(has, { describe: 'the last transfer at the target', timeout: 120_000, signal });
  } finally {
    await client.end();
  }
};

/** From MySQL or MariaDB. Returns the exit code. */
export const runMysqlDemo = async (kind: keyof typeof servers, signal: AbortSignal): Promise<number> => {
  const progress = new ProgressLine();
  const [name, label] = servers[kind];
  progress.say(`starting ${label} and PostgreSQL; the first time ${label} is fetched from the Debian mirror`);
  await using source = await startMysql({ name, settings: { innodb_buffer_pool_size: '256M' } });
  await using target = await startPostgres();
  const [from, to] = [source.url(database), target.url()];
  progress.say('filling the source with a bank of 1,000,000 accounts and 200,000 transfers');
  await createMysqlBank(source.url(), database, signal);
  const loading = new AbortController();
  const load = runLoad(() => connectedMysql(from), 4, AbortSignal.any([loading.signal, signal]));
  const started = performance.now();
  progress.say('4 connections of TPC-B are at work; starting to copy');
  const streaming = new Streaming([from, to], {
    onReport: () => progress.show(streaming.last),
    onHandover: ({ table, position }) =>
      progress.say(`${table} is handed over: it equals its source from ${position} on`),
    onSchema: ({ schema }) => progress.say(`the target has followed: ${schema}`),
  });
  try {
    await copyAndKill(streaming, progress, signal);
    await pauseAndKill(streaming, progress, signal);
    loading.abort();
    const transactions = await load;
    await arrives(to, await lastTransfer(from), signal);
    const seconds = (performance.now() - started) / 1_000;
    const { rows, changes } = streaming.last;
    await streaming.end();
    const different = await compareTables(
      (table) => compareRows(table, bankRows(from, table), rowsOf(to, targetRows(table))),
      progress,
    );
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
