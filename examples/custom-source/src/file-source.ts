import { open, stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { changeBatch, createChange, decodedRow, type Relation, type Source } from '@millrace/core';

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
  const changes = [JSON.parse(line)].flat().map((row, sequence) => {
    const after = decodedRow(relation, row);
    return createChange({ op: 'insert', table: 'file.line', relation, transaction, sequence, before: null, after });
  });
  return changeBatch<Log>(changes, { position: String(end) });
};

/** Nothing is open while nobody pulls. */
const readFrom = async (path: string, position: number): Promise<string> => {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(1_048_576), position });
  return buffer.toString('utf8', 0, bytesRead);
};

async function* readLines(path: string, after: number, signal: AbortSignal) {
  for (let position = after; ; ) {
    const lines = (await readFrom(path, position)).split('\n').slice(0, -1);
    if (lines.length === 0) await setTimeout(50, undefined, { signal });
    for (const line of lines) {
      const end = position + Buffer.byteLength(line) + 1;
      yield batchOf(line, position, end);
      position = end;
    }
  }
}

/** A line is a transaction of one row, or of an array of rows; the byte after it is the position. */
export const fileSource = (path: string): Source<Log> => ({
  name: 'file',
  capabilities: { copy: 'none', formats: [] },
  validate: async () => ({ items: [] }),
  describe: async () => [relation],
  open: async () => ({ kind: 'file', id: path }),
  begin: async () => '0',
  changes: async (after, signal) => readLines(path, Number(after), signal),
  head: async () => ({ position: String((await stat(path)).size), time: Date.now() }),
  compare: (a, b) => Math.sign(Number(a) - Number(b)) as -1 | 0 | 1,
  close: async () => {},
});
