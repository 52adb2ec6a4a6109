import { setTimeout } from 'node:timers/promises';
import { until } from '@millrace/test/harness';
import { withClient } from '../servers/with-client.ts';
import type { CopyPlace, StartCopy } from './copy-side.ts';
import { compareRows, type FilledDatabase } from './filled-database.ts';
import { type CopyResult, timeCopy } from './measure-copy.ts';
import { SourceLoad } from './source-load.ts';

/** How fast the source was beside a copy. */
export interface LoadResult {
  /** Of the application, per second while it was copied. */
  readonly transactions: number;
  readonly copy: CopyResult;
}

/** How fast the source is by itself, in transactions per second. */
export const measureAlone = async ({ sourceUrl }: FilledDatabase, rows: number, seconds: number): Promise<number> => {
  await using load = await SourceLoad.start(sourceUrl, rows);
  const before = await load.transactions();
  await setTimeout(seconds * 1_000);
  return ((await load.transactions()) - before) / seconds;
};

/** What comes after the copy: `follows` its changes until the target has the last one, or `ends` with it. */
type Afterwards = 'follows' | 'ends';

/**
 * Lets a side copy while the application is at work. Rejects when the side fails, or when it follows and the rows differ
 * in the end; what ends with its copy has seen a moment that nobody can compare with any more.
 */
export const measureBesideLoad = async (
  database: FilledDatabase,
  start: StartCopy,
  rows: number,
  afterwards: Afterwards,
): Promise<LoadResult> => {
  await using place = await database.newPlace();
  await using side = await start(place);
  const result = await timeBesideLoad(place, rows, () => timeCopy(side, place));
  if (afterwards === 'follows') await lastChange(place);
  await side.end();
  if (afterwards === 'follows') await compareRows(place, await database.fingerprints());
  return result;
};

const timeBesideLoad = async (
  { sourceUrl }: CopyPlace,
  rows: number,
  copy: () => Promise<CopyResult>,
): Promise<LoadResult> => {
  await using load = await SourceLoad.start(sourceUrl, rows);
  const before = await load.transactions();
  const result = await copy();
  return { transactions: ((await load.transactions()) - before) / result.seconds, copy: result };
};

const lastChange = async ({ sourceUrl, targetUrl }: CopyPlace): Promise<void> => {
  const mark = 'INSERT INTO marker SELECT 1 + count(*) FROM marker RETURNING id';
  const { rows } = await withClient(sourceUrl, (client) => client.query<{ id: number }>(mark));
  await withClient(targetUrl, async (client) => {
    const find = async () => (await client.query('SELECT FROM marker WHERE id = $1', [rows[0]?.id])).rowCount === 1;
    await until(find, { describe: 'the last change at the target', timeout: 600_000 });
  });
};
