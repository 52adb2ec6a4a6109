import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { qualifiedName } from '@millrace/core';
import { describeSink, describeSource, type SinkWorld, type SourceWorld } from '@millrace/testkit';
import { describe, it } from 'vitest';
import { receiverSink } from '../../examples/custom-sink/src/receiver-sink.ts';
import { fileSource } from '../../examples/custom-source/src/file-source.ts';
import { EventFold } from './event-fold.ts';

const receiver = async (): Promise<SinkWorld> => {
  const events = new EventFold();
  let answers: Promise<void> = Promise.resolve();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      await answers;
      if (request.socket.destroyed) return;
      for (const event of JSON.parse(Buffer.concat(chunks).toString())) events.take(event);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    connect: () => receiverSink(`http://127.0.0.1:${port}`),
    rows: async (relation) => events.rows(qualifiedName(relation)),
    async stall() {
      let answer = () => {};
      answers = new Promise((resolve) => {
        answer = resolve;
      });
      return { [Symbol.asyncDispose]: async () => answer() };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
};

const file = async (): Promise<SourceWorld> => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-file-'));
  const path = join(directory, 'log.jsonl');
  await writeFile(path, '');
  return {
    connect: () => fileSource(path) as ReturnType<SourceWorld['connect']>,
    table: { name: 'file.line', columns: { id: 'id', note: 'text' }, operations: ['insert'] },
    async write(changes) {
      const rows = changes.flatMap((change) => (change.op === 'insert' ? [change.row] : []));
      await appendFile(path, `${JSON.stringify(rows.map(({ id, note }) => ({ id, text: note })))}\n`);
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
};

describe('the custom sink of the examples', () => describeSink(receiver, { describe, it }));
describe('the custom source of the examples', () => describeSource(file, { describe, it }));
