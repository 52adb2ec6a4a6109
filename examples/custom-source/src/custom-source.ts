/**
 * A source of your own: a file to which another program appends one JSON document per line. A line is a transaction,
 * and the byte after it is the position. Usage: custom-source FILE CHECKPOINT_DIRECTORY
 */
import { open, stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import {
  changeBatch,
  createChange,
  createStream,
  decodedRow,
  fileCheckpointStore,
  type Relation,
  type Source,
} from '@millrace/core';

interface Log {
  'file.line': { id: number; text: string };
}

const relation: Relation = {
  schema: 'file',
  table: 'line',
  version: 1,
  columns: [
    { name: 'id', type: 'int', native: 'integer', nullable: false, generated: false },
    { name: 'text', type: 'text', native: 'text', nullable: true, generated: false },
  ],
  key: [0],
  identity: 'key',
};

const batchOf = (line: string, start: number, end: number) => {
  const transaction = { id: String(start), commitTime: Date.now(), position: String(start) };
  const after = decodedRow(relation, JSON.parse(line));
  return changeBatch<Log>(
    [createChange({ op: 'insert', table: 'file.line', relation, transaction, sequence: 0, before: null, after })],
    { position: String(end) },
  );
};

async function* readLines(path: string, after: number, signal: AbortSignal) {
  await using file = await open(path);
  for (let position = after; ; ) {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(1_048_576), position });
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n').slice(0, -1);
    if (lines.length === 0) await setTimeout(50, undefined, { signal });
    for (const line of lines) {
      const end = position + Buffer.byteLength(line) + 1;
      yield batchOf(line, position, end);
      position = end;
    }
  }
}

const fileSource = (path: string): Source<Log> => ({
  name: 'file',
  capabilities: { copy: 'none', schemaChanges: 'none', completeUpdates: true, formats: [] },
  validate: async () => ({ items: [] }),
  describe: async () => [relation],
  open: async () => ({ kind: 'file', id: path }),
  begin: async () => '0',
  resolve: async () => '0',
  changes: async (after, signal) => readLines(path, Number(after), signal),
  acknowledge() {},
  head: async () => ({ position: String((await stat(path)).size), time: Date.now() }),
  compare: (a, b) => Math.sign(Number(a) - Number(b)) as -1 | 0 | 1,
  distance: (a, b) => Number(b) - Number(a),
  retention: async () => ({ bytes: 0, limit: null }),
  release: async () => {},
  close: async () => {},
});

const [path = 'log.jsonl', directory = 'checkpoints'] = process.argv.slice(2);
const stream = createStream({ id: 'file', source: fileSource(path), checkpoints: fileCheckpointStore(directory) });
await stream.start();
for await (const batch of stream.changes())
  for (const change of batch.changes) {
    if (change.after !== null) process.stdout.write(`${change.after.id} ${change.after.text}\n`);
    if (change.after?.text === 'end') void stream.stop();
  }
