/** Functions by table, typed by your own schema interface. Usage: handlers POSTGRES_URL CHECKPOINT_DIRECTORY */
import { createStream, fileCheckpointStore } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';

interface Shop {
  'public.users': { id: number; email: string };
  'public.orders': { id: bigint; total: string };
}

const [connection = '', directory = 'checkpoints'] = process.argv.slice(2);
await using stream = createStream({
  id: 'handlers',
  source: postgresSource<Shop>({ connection }),
  checkpoints: fileCheckpointStore(directory),
  // Whoever is there already is not welcomed again. With 'initial' their rows would come first, with op 'read'.
  snapshot: 'never',
  on: {
    'public.users'(changes) {
      for (const change of changes) {
        if (change.op === 'insert') process.stdout.write(`welcome ${change.after.email}\n`);
        // Columns the update did not send have no key: the type says so, too.
        if (change.op === 'update') process.stdout.write(`changed ${change.after.email ?? 'something else'}\n`);
      }
    },
    async 'public.orders'(changes, { signal }) {
      // The group is done when this promise resolves; if it rejects, the same changes come again.
      for (const change of changes) {
        signal.throwIfAborted();
        if (change.op === 'insert') process.stdout.write(`order ${change.after.id}: ${change.after.total}\n`);
      }
    },
  },
});
await stream.start();
process.stdout.write('running\n');
await new Promise((resolve) => process.once('SIGTERM', resolve));
