import { type Checkpoint, coreErrors, errorFactory } from '@millrace/core';
import type { Database } from 'sql.js';

const coreError = errorFactory(coreErrors);

interface Entry {
  readonly epoch: number;
  readonly checkpoint: Checkpoint | null;
}

const entryOf = (database: Database, streamId: string, sink: string): Entry => {
  const tables = database.exec("SELECT 1 FROM sqlite_schema WHERE name = 'millrace_checkpoint'");
  if (tables.length === 0) return { epoch: 0, checkpoint: null };
  const sql = 'SELECT epoch, checkpoint FROM millrace_checkpoint WHERE stream = ? AND sink = ?';
  const [epoch, text] = database.exec(sql, [streamId, sink])[0]?.values[0] ?? [0, null];
  return { epoch: Number(epoch), checkpoint: typeof text === 'string' ? JSON.parse(text) : null };
};

const store = (database: Database, streamId: string, sink: string, { epoch, checkpoint }: Entry): void => {
  database.run(
    'CREATE TABLE IF NOT EXISTS millrace_checkpoint (stream TEXT, sink TEXT, epoch INTEGER, checkpoint TEXT, PRIMARY KEY (stream, sink)) STRICT',
  );
  const text = checkpoint === null ? null : JSON.stringify(checkpoint);
  database.run('INSERT OR REPLACE INTO millrace_checkpoint VALUES (?, ?, ?, ?)', [streamId, sink, epoch, text]);
};

const fenced = (streamId: string) => coreError('FENCED', `Another process took over stream ${streamId}`);

export const readCheckpoint = (database: Database, streamId: string, sink: string): Checkpoint | null =>
  entryOf(database, streamId, sink).checkpoint;

/** Takes the next epoch. `expected`: the one that must be current; `null`: whichever is. */
export const acquire = (database: Database, streamId: string, sink: string, expected: number | null): Checkpoint => {
  const found = entryOf(database, streamId, sink);
  if (expected !== null && expected !== found.epoch) throw fenced(streamId);
  const epoch = found.epoch + 1;
  const empty = { source: null, claimed: false, position: null, partial: null, tables: {}, savedAt: Date.now() };
  const checkpoint = { version: 1 as const, streamId, sink, ...empty, ...found.checkpoint, epoch };
  store(database, streamId, sink, { epoch, checkpoint });
  return checkpoint;
};

/** Throws `FENCED` for an old epoch. */
export const assertCurrent = (
  database: Database,
  { streamId, sink, epoch }: Pick<Checkpoint, 'streamId' | 'sink' | 'epoch'>,
): void => {
  if (entryOf(database, streamId, sink).epoch !== epoch) throw fenced(streamId);
};

export const saveCheckpoint = (database: Database, checkpoint: Checkpoint): void => {
  assertCurrent(database, checkpoint);
  store(database, checkpoint.streamId, checkpoint.sink, { epoch: checkpoint.epoch, checkpoint });
};

/** Whoever had it writes no more. */
export const deleteCheckpoint = (database: Database, streamId: string, sink: string): void => {
  const { epoch } = entryOf(database, streamId, sink);
  store(database, streamId, sink, { epoch: epoch + 1, checkpoint: null });
};
