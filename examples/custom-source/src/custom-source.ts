/**
 * A source of your own: a file to which another program appends one JSON document per line. Usage: custom-source FILE
 * CHECKPOINT_DIRECTORY
 */
import { createStream, fileCheckpointStore } from '@millrace/core';
import { fileSource } from './file-source.ts';

const [path = 'log.jsonl', directory = 'checkpoints'] = process.argv.slice(2);
const stream = createStream({ id: 'file', source: fileSource(path), checkpoints: fileCheckpointStore(directory) });
await stream.start();
for await (const batch of stream.changes())
  for (const change of batch.changes) {
    if (change.after !== null) process.stdout.write(`${change.after.id} ${change.after.text}\n`);
    if (change.after?.text === 'end') void stream.stop();
  }
