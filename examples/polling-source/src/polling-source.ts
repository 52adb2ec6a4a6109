/**
 * A source of your own that asks an HTTP API for changes, again and again. Usage: polling-source API_URL
 * CHECKPOINT_DIRECTORY
 */
import { createStream, fileCheckpointStore } from '@millrace/core';
import { apiSource } from './api-source.ts';

const [url = 'http://127.0.0.1:8080', directory = 'checkpoints'] = process.argv.slice(2);
const stream = createStream({ id: 'api', source: apiSource({ url }), checkpoints: fileCheckpointStore(directory) });
await stream.start();
process.stdout.write('running\n');
process.once('SIGTERM', () => void stream.stop());
for await (const batch of stream.changes())
  for (const { op, table, before, after } of batch.changes)
    process.stdout.write(`${op} ${table} ${JSON.stringify(after ?? before)}\n`);
