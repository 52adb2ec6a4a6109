import { differentTables, readFingerprints } from '../measure/fingerprint.ts';
import { withClient } from '../servers/with-client.ts';
import type { Backlog } from './backlog.ts';
import type { RunPlace } from './run-place.ts';
import type { Side, SideDetails, StartSide } from './side.ts';
import { type Timing, timeSide } from './time-side.ts';

/** What one run of one side came to. */
export interface RunResult extends Timing, SideDetails {}

const compare = async (backlog: Backlog, { targetUrl }: RunPlace, { rows }: Side): Promise<void> => {
  const found = await withClient(targetUrl, (client) => readFingerprints(client, backlog.tables, 'as-they-are'));
  const different = differentTables(backlog.expected[rows], found);
  if (different.length > 0) throw new Error(`The rows differ: ${different.join('; ')}`);
};

/**
 * Applies the backlog once, from the word to the sight of its last row, and compares the rows. Rejects when the side
 * fails or the rows differ.
 */
export const measureRun = async (backlog: Backlog, start: StartSide): Promise<RunResult> => {
  await using place = await backlog.newPlace();
  // Awaited here, before the place is disposed of.
  return await place.explained(async () => {
    await using side = await start(place, backlog.tables);
    const timing = await timeSide(place, side);
    const details = await side.end();
    await compare(backlog, place, side);
    return { ...timing, ...details };
  });
};
