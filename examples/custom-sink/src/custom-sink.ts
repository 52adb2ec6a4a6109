/**
 * A sink of your own: a receiver somewhere else, which may take a request and lose its reply. Delivery is at least
 * once; `change.id` is the same every time, so the receiver can tell. Usage: custom-sink POSTGRES_URL RECEIVER_URL DIRECTORY
 */
import { createStream, fileCheckpointStore } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { receiverSink } from './receiver-sink.ts';

const [connection = '', receiver = '', directory = 'checkpoints'] = process.argv.slice(2);
await using stream = createStream({
  id: 'to-receiver',
  source: postgresSource({ connection }),
  sink: receiverSink(receiver),
  checkpoints: fileCheckpointStore(directory),
  // Events from now on. With 'initial' the rows that exist would come first, as changes with op 'read'.
  snapshot: 'never',
});
await stream.start();
process.stdout.write('running\n');
await new Promise((resolve) => process.once('SIGTERM', resolve));
