import { createStream, fileCheckpointStore, type Sink } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import type { BinlogTask } from './binlog-task.ts';

/** Our stream from a binlog into a sink that keeps nothing; resolves when the sink has had every change. */
export const readBinlog = (task: BinlogTask, sink: Sink): Promise<{ readonly changes: number }> => {
  const { connection, checkpoints, id, changes: expected } = task;
  const stream = createStream({
    id,
    source: mysqlSource({ connection }),
    sink,
    tables: ['items'],
    snapshot: 'never',
    checkpoints: fileCheckpointStore(checkpoints),
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
