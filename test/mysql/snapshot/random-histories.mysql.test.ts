import { once } from 'node:events';
import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  differences,
  type MysqlName,
  mysqlNames,
  sharedMysql,
  sharedPostgres,
  until,
} from '../../harness/index.ts';
import { copiedTables, createCopiedTables, type Moment, moments } from './random/copied-tables.ts';
import { writtenBetween } from './random/written-between.ts';

/** A few here; as many as wanted with the variable. */
const rounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 5);

/** Copies tables of a few rows, a row or a few at a time; whenever some have been read, the next moment of the history happens. */
const copyDuring = async (name: MysqlName, history: readonly Moment[]): Promise<readonly string[]> => {
  await using source = await createMysqlDatabase(sharedMysql(name));
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE marker (id int PRIMARY KEY); ${createCopiedTables}`);
  const application = await source.connect();
  const left = [...history];
  let isOver = Promise.resolve();
  const write = async ({ image, statements }: Moment) => {
    await application.query(`SET SESSION binlog_row_image = '${image}'; BEGIN`);
    // What the server refuses is as if it had never been said.
    for (const statement of statements) await application.query(statement).catch(() => {});
    await application.query('COMMIT');
  };
  const next = async (signal: AbortSignal) => {
    const moment = left.shift();
    if (moment === undefined) return;
    // Several tables may catch up at once.
    isOver = isOver.then(() => write(moment));
    await isOver;
    if (!moment.isInterrupted || stream.status !== 'running') return;
    const aborted = once(signal, 'abort');
    interruption = interruption.then(() => stream.pause()).then(() => stream.resume());
    await aborted;
    signal.throwIfAborted();
  };
  let interruption = Promise.resolve();
  await using stream = createStream({
    id: 'random',
    source: writtenBetween(mysqlSource({ connection: source.url, batch: { maxChanges: 1 } }), next),
    // From the handover on, changes are to find rows as they left them.
    sink: postgresSink({ connection: target.url, targetSchema: 'public', conflict: 'error', missingRow: 'error' }),
    copy: { concurrency: 1, maxBytes: 100 },
    batch: { maxRows: 1 },
  });
  const quiet = async () => {
    await interruption;
    const { state } = stream;
    if (state.status === 'failed-permanently') throw state.error;
    return (
      state.status === 'running' &&
      state.snapshot === null &&
      stream.backfills.every(({ state: each }) => each === 'completed' || each === 'not-started')
    );
  };
  await stream.start();
  await until(quiet, { describe: 'every table to be live', timeout: 60_000 });
  const during = history.length - left.length;
  // A few more; with many, what the copy has lost is written again.
  for (const moment of left.splice(0).slice(0, 5)) await write(moment);
  await source.query('INSERT INTO marker VALUES (1)');
  const isThere = async () => (await target.query('SELECT FROM marker')).length > 0;
  await until(isThere, { describe: 'the last change', timeout: 30_000 });
  await until(quiet, { describe: 'every table to be live again', timeout: 30_000 });
  expect(stream.errors).toEqual([]);
  expect(during).toBeGreaterThan(10);
  return await differences(source, target, copiedTables);
};

test.each(mysqlNames())(
  `${rounds} random histories of %s between chunks of a few rows: the target equals its source`,
  { timeout: 30_000 + rounds * 30_000 },
  async (name) => {
    const property = fc.asyncProperty(moments, async (history) => {
      expect(await copyDuring(name, history)).toEqual([]);
    });
    await fc.assert(property, { numRuns: rounds, endOnFailure: true });
  },
);
