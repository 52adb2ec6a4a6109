import { createStream, fileCheckpointStore, memoryCheckpointStore, type Sink } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import type { BinlogTask } from './binlog-task.ts';

/** The checkpoints of a directory, which are saved in memory from now on: reading is measured, not the disk. */
const checkpointsOf = async (directory: string, id: string) => {
  const store = memoryCheckpointStore();
  for (const checkpoint of await fileCheckpointStore(directory).list(id)) {
    const { epoch } = await store.acquire(id, checkpoint.sink, null);
    await store.save({ ...checkpoint, epoch });
  }
  return store;
};

/** Our stream from a binlog into a sink that keeps nothing; resolves when the sink has had every change. */
export const readBinlog = async (task: BinlogTask, sink: Sink): Promise<{ readonly changes: number }> => {
  const { connection, id, changes: expected } = task;
  const checkpoints = await checkpointsOf(task.checkpoints, id);
  const stream = createStream({
    id,
    source: mysqlSource({ connection }),
    sink,
    tables: ['items'],
    snapshot: 'never',
    checkpoints,
  });
  return new Promise((resolve, reject) => {
    let changes = 0;
    stream.on('error', reject);
    stream.on('checkpoint', (checkpoint) => {
      changes += checkpoint.changes;
      if (changes >= expected) resolve({ changes });
    });
    stream.start().catch(reject);
  });
};
