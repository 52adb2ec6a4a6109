import { type Checkpoint, type KeptCheckpoint, newCheckpoint, requireEpoch, takeEpoch } from '@millrace/core';
import type { Database } from 'sql.js';

const read = (database: Database, streamId: string, sink: string): KeptCheckpoint | null => {
  const tables = database.exec("SELECT 1 FROM sqlite_schema WHERE name = 'millrace_checkpoint'");
  if (tables.length === 0) return null;
  const sql = 'SELECT kept FROM millrace_checkpoint WHERE stream = ? AND sink = ?';
  const text = database.exec(sql, [streamId, sink])[0]?.values[0]?.[0];
  return typeof text === 'string' ? JSON.parse(text) : null;
};

const keep = (database: Database, streamId: string, sink: string, kept: KeptCheckpoint): void => {
  database.run(
    'CREATE TABLE IF NOT EXISTS millrace_checkpoint (stream TEXT, sink TEXT, kept TEXT, PRIMARY KEY (stream, sink)) STRICT',
  );
  database.run('INSERT OR REPLACE INTO millrace_checkpoint VALUES (?, ?, ?)', [streamId, sink, JSON.stringify(kept)]);
};

export const readCheckpoint = (database: Database, streamId: string, sink: string): Checkpoint | null =>
  read(database, streamId, sink)?.checkpoint ?? null;

/** Takes the next epoch. `expected`: the one that must be current; `null`: whichever is. */
export const acquire = (database: Database, streamId: string, sink: string, expected: number | null): Checkpoint => {
  const taken = takeEpoch(read(database, streamId, sink), { streamId, sink, epoch: expected });
  keep(database, streamId, sink, taken);
  return taken.checkpoint ?? newCheckpoint(streamId, sink, taken.epoch);
};

/** Throws `FENCED` for an old epoch. */
export const assertCurrent = (database: Database, owner: Pick<Checkpoint, 'streamId' | 'sink' | 'epoch'>): void =>
  requireEpoch(read(database, owner.streamId, owner.sink), owner);

export const saveCheckpoint = (database: Database, checkpoint: Checkpoint): void => {
  assertCurrent(database, checkpoint);
  keep(database, checkpoint.streamId, checkpoint.sink, { epoch: checkpoint.epoch, checkpoint });
};

/** Whoever had it writes no more. */
export const deleteCheckpoint = (database: Database, streamId: string, sink: string): void => {
  const epoch = (read(database, streamId, sink)?.epoch ?? 0) + 1;
  keep(database, streamId, sink, { epoch, checkpoint: null });
};
