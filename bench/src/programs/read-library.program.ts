/** `pg-logical-replication` with the parser it comes with, and a function that only counts. */
import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import type { ReadCount } from './read-task.ts';
import { readingProgram } from './reading-program.ts';

await readingProgram(({ connection, slot, publication, changes: expected }) => {
  const service = new LogicalReplicationService({ connectionString: connection });
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication] });
  return new Promise<ReadCount>((resolve, reject) => {
    let changes = 0;
    service.on('error', reject);
    service.on('data', (_lsn, message: { readonly tag: string }) => {
      if (message.tag !== 'insert' && message.tag !== 'update') return;
      if (++changes >= expected) resolve({ changes });
    });
    service.subscribe(plugin, slot).catch(reject);
  });
});
