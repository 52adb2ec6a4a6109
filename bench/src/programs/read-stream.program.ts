/** Our stream into a sink that does nothing. */
import { createStream, memoryCheckpointStore, nullSink } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import type { ReadCount } from './read-task.ts';
import { readingProgram } from './reading-program.ts';

await readingProgram(({ connection, slot, publication, tables, changes: expected }) => {
  const stream = createStream({
    id: slot,
    source: postgresSource({ connection, slot, publication }),
    sink: nullSink(),
    tables,
    snapshot: 'never',
    checkpoints: memoryCheckpointStore(),
  });
  return new Promise<ReadCount>((resolve, reject) => {
    let changes = 0;
    stream.on('error', reject);
    stream.on('checkpoint', (checkpoint) => {
      changes += checkpoint.changes;
      if (changes >= expected) resolve({ changes });
    });
    stream.start().catch(reject);
  });
});
