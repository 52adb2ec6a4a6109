import { checkOptions } from '../../options/settings.ts';
import { SessionStatistics } from '../../statistics/session-statistics.ts';
import { Session } from '../../stream/session.ts';
import { lastTable, ModelDatabase, modelTables } from './model-database.test-support.ts';
import { ModelSink } from './model-sink.test-support.ts';
import { modelSource } from './model-source.test-support.ts';
import { type ModelTarget, modelTarget, Violation } from './model-target.test-support.ts';
import { Crash, type Fault, ModelProcess } from './model-world.test-support.ts';
import { Random } from './random.test-support.ts';

/** What happened on the way: a test that never reaches the hard cases proves nothing. */
export interface ModelRun {
  crashes: number;
  restarts: number;
  handovers: number;
  chunks: number;
}

/** So many processes in a row, the last of which does not crash. */
const maxCrashes = 12;

/**
 * One history of a database and of a stream from it, by chance, from an empty target to the end of the log. Rejects
 * with a `Violation` when a live table is ever other than its source, or any table at the end.
 */
export const runModel = async (seed: number, fault: Fault | null): Promise<ModelRun> => {
  const random = new Random(seed);
  const database = new ModelDatabase(random, 20 + random.below(40));
  // What was there before the stream.
  for (let before = random.below(12); before > 0; before--) database.pass();
  const target = modelTarget();
  const isCopyingInChunks = random.chance(0.8);
  const crashiness = random.chance(0.5) ? 0 : 0.02;
  const run: ModelRun = { crashes: 0, restarts: 0, handovers: 0, chunks: 0 };
  for (;;) {
    const process = new ModelProcess(database, fault, run.crashes < maxCrashes ? crashiness : 0);
    try {
      await runProcess(process, target, isCopyingInChunks, run);
      break;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      run.crashes++;
    }
  }
  for (const table of [...modelTables, lastTable]) {
    if (target.checkpoint?.tables[table]?.state !== 'live') throw new Violation(`${table} was not handed over`);
    const expected = database.textAt(table, database.end);
    if (target.tables.text(table) !== expected) throw new Violation(`${table} ends as ${target.tables.text(table)}`);
  }
  return run;
};

const runProcess = async (
  process: ModelProcess,
  target: ModelTarget,
  isCopyingInChunks: boolean,
  run: ModelRun,
): Promise<void> => {
  const { abort } = process;
  const { sink } = new ModelSink(process, target, isCopyingInChunks);
  const settings = checkOptions({ id: 'model', source: modelSource(process), sink });
  const session = new Session({
    settings,
    sink,
    statistics: new SessionStatistics(),
    report: () => {},
    onDrain: () => {},
    onCheckpoint: () => {},
    snapshot: {
      onChunk: () => {},
      onProgress: () => run.chunks++,
      onHandover: () => run.handovers++,
      onState: () => {},
      report: () => run.restarts++,
    },
  });
  process.onEnd = () => session.drain();
  try {
    await session.open('start', abort.signal);
    await session.run(abort.signal);
  } finally {
    await session.close();
  }
};
