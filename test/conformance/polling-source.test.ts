import type { SourceContext } from '@millrace/core';
import { describeSource, type OriginChange, type SourceWorld } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { apiSource } from '../../examples/polling-source/src/api-source.ts';
import type { ApiChange, ApiTable } from '../../examples/polling-source/src/change-api.ts';
import { ChangeApiServer } from './change-api-server.ts';

const table = 'api.items';
const tables: readonly ApiTable[] = [
  {
    name: table,
    columns: [
      { name: 'id', type: 'int', nullable: false },
      { name: 'note', type: 'text', nullable: true },
      { name: 'count', type: 'int', nullable: true },
    ],
    key: ['id'],
  },
];

/** What the API says of a change: of an update only what was set. */
const apiChange = (change: OriginChange): ApiChange => {
  switch (change.op) {
    case 'insert':
      return { op: 'insert', table, row: { ...change.row } };
    case 'update':
      return { op: 'update', table, key: { id: change.id }, row: { ...change.row } };
    case 'delete':
      return { op: 'delete', table, key: { id: change.id } };
    case 'truncate':
      return { op: 'truncate', table };
  }
};

const world = async (): Promise<SourceWorld> => {
  const server = new ChangeApiServer(tables);
  const url = await server.listen();
  return {
    connect: () => apiSource({ url, interval: 5 }),
    table: { name: table, columns: { id: 'id', note: 'note', count: 'count' } },
    write: async (changes) => server.commit(changes.map(apiChange)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

describe('the polling source of the examples', () => describeSource(world, { describe, it }));

describe('the polling source of the examples does not continue', () => {
  const { signal } = new AbortController();
  const logger = { info() {}, warn() {}, error() {} };
  const context: SourceContext = { streamId: 'stream', tables: [], formats: [], logger, report() {}, signal };

  it('from a cursor that the API has forgotten', async () => {
    await using server = new ChangeApiServer(tables);
    const source = apiSource({ url: await server.listen() });
    await source.open(context);
    server.commit([{ op: 'truncate', table }]);
    server.forget();
    await expect(source.changes('0', signal)).rejects.toMatchObject({ code: 'POSITION_NOT_HELD', recovery: 'recover' });
    await source.close();
  });

  it('in a log that has replaced its own', async () => {
    await using server = new ChangeApiServer(tables);
    const source = apiSource({ url: await server.listen() });
    const identity = await source.open(context);
    server.replaceLog();
    await expect(source.changes('0', signal)).rejects.toMatchObject({ code: 'LOG_REPLACED', recovery: 'retry' });
    expect(await source.open(context)).not.toEqual(identity);
    await source.close();
  });
});
