import { until } from '@millrace/test/harness';
import type pg from 'pg';
import type { Side } from './side.ts';

/** In ms: a replica waits for the disk at each of 200,000 commits. */
const patience = 1_800_000;

/** A statement that finds the marker with this number. */
const find = (id: number) => ({ name: 'marker', text: 'SELECT 1 FROM marker WHERE id = $1', values: [id] });

/** Prepares the connection, so that the first look takes no longer than the others. */
export const prepareToLook = async (client: pg.Client): Promise<void> => {
  await client.query(find(0));
};

/** Whether the marker with this number is there. */
export const hasMarker = async (client: pg.Client, id: number): Promise<boolean> =>
  (await client.query(find(id))).rowCount === 1;

/** Looks for a marker at the target every 10 ms. Rejects when the side fails, and when nothing comes. */
export const markerArrives = async (isThere: () => Promise<boolean>, { failed }: Side): Promise<void> => {
  const giveUp = new AbortController();
  const found = until(isThere, {
    describe: 'the last row at the target',
    timeout: patience,
    signal: giveUp.signal,
  });
  try {
    await Promise.race([found, failed]);
  } finally {
    giveUp.abort();
    await found.catch(() => {});
  }
};
