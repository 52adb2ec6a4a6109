import { vi } from 'vitest';
import { checkOptions } from '../../options/settings.ts';
import { SessionStatistics } from '../../statistics/session-statistics.ts';
import { Session } from '../../stream/session.ts';
import { lastTable, ModelDatabase, modelTables } from './model-database.test-support.ts';
import { ModelSink } from './model-sink.test-support.ts';
import { modelSource } from './model-source.test-support.ts';
import { ModelTarget, Violation } from './model-target.test-support.ts';
import { Crash, type Fault, ModelProcess } from './model-world.test-support.ts';
import { Random } from './random.test-support.ts';

/** What happened on the way: a test that never reaches the hard cases proves nothing. */
export interface ModelRun {
  crashes: number;
  restarts: number;
  handovers: number;
  chunks: number;
  backfills: number;
}

/** So many processes in a row, the last of which does not crash. */
const maxCrashes = 12;

/**
 * One history of a database and of a stream from it, by chance, from an empty target to the end of the log. Rejects
 * with a `Violation` when a live table is ever other than its source, or any table at the end.
 */
export const runModel = async (seed: number, fault: Fault | null): Promise<ModelRun> => {
  const random = new Random(seed);
  // Some histories are so slow that side streams come into them.
  const pace = random.chance(0.5) ? 1 : 0.15;
  const database = new ModelDatabase(random, 20 + random.below(40), pace);
  // What was there before the stream.
  for (let before = random.below(12); before > 0; before--) database.pass();
  const target = new ModelTarget();
  const isCopyingInChunks = random.chance(0.8);
  const crashiness = random.chance(0.5) ? 0 : 0.02;
  // Some streams begin without a table, which is added later.
  let tables: readonly string[] = isCopyingInChunks && random.chance(0.5) ? ['public.a', lastTable] : [];
  const isDamaging = random.chance(0.7);
  const run: ModelRun = { crashes: 0, restarts: 0, handovers: 0, chunks: 0, backfills: 0 };
  for (;;) {
    const process = new ModelProcess(database, fault, run.crashes < maxCrashes ? crashiness : 0);
    process.isDamaging = isDamaging;
    try {
      await runProcess(process, target, { isCopyingInChunks, tables }, run);
      if (tables.length === 0) break;
      tables = [];
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      run.crashes++;
    }
  }
  for (const table of [...modelTables, lastTable]) {
    if (target.of('model').checkpoint?.tables[table]?.state !== 'live')
      throw new Violation(`${table} was not handed over`);
    const expected = database.textAt(table, database.end);
    if (target.tables.text(table) !== expected) throw new Violation(`${table} ends as ${target.tables.text(table)}`);
  }
  return run;
};

const runProcess = async (
  process: ModelProcess,
  target: ModelTarget,
  { isCopyingInChunks, tables }: { readonly isCopyingInChunks: boolean; readonly tables: readonly string[] },
  run: ModelRun,
): Promise<void> => {
  const { abort, database } = process;
  const { sink } = new ModelSink(process, target, isCopyingInChunks);
  const settings = checkOptions({ id: 'model', source: modelSource(process), sink, tables });
  const session = new Session({
    settings,
    sink,
    statistics: new SessionStatistics(),
    // A side stream would try again.
    report: ({ code, message }) => {
      if (code === 'CONNECTOR_FAILED') abort.abort(new Violation(message));
    },
    onDrain: () => {},
    onCheckpoint: () => {},
    onBackfill: ({ state }) => {
      if (state === 'completed' || state === 'stopped') run.backfills++;
    },
    snapshot: {
      onChunk: () => {},
      onProgress: () => run.chunks++,
      onHandover: () => run.handovers++,
      onState: () => {},
      report: () => run.restarts++,
    },
  });
  const own = () => target.of('model').checkpoint?.tables ?? {};
  const isSettled = () =>
    [...modelTables, lastTable].every((table) => {
      const progress = own()[table];
      if (tables.length > 0 && !tables.includes(table)) return true;
      return progress?.state === 'live' && (progress.backfill?.side ?? null) === null;
    });
  process.idle = () => void vi.advanceTimersByTime(100);
  process.onEnd = () => {
    if (isSettled()) session.drain();
  };
  // A stream that begins without a table may be restarted at any time.
  const { random } = database;
  let left = 50 + random.below(250);
  const onStep = () => {
    if (tables.length > 0 && left-- === 0) session.drain();
    if (random.chance(0.004)) void session.sides.request('public.a', null).catch(() => {});
    if (!process.isDamaging && random.chance(0.003)) void session.sides.stop('public.a').catch(() => {});
  };
  try {
    await session.open('start', abort.signal);
    process.onStep = onStep;
    await session.run(abort.signal);
  } finally {
    await session.close();
  }
};
