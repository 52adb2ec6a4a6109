import type { Relation, SourceContext } from '@millrace/core';
import { describeSource, type OriginChange, type SourceWorld } from '@millrace/testkit';
import type { WorkloadOperation, WorkloadRow } from '@millrace/testkit/workload';
import { describe, expect, it } from 'vitest';
import { apiSource } from '../../examples/polling-source/src/api-source.ts';
import type { ApiChange, ApiTable } from '../../examples/polling-source/src/change-api.ts';
import { ChangeApiServer } from './change-api-server.ts';

const table = 'api.items';
/** Another table of the API, with a key of two columns. */
const lines: Relation = {
  schema: 'api',
  table: 'lines',
  version: 1,
  columns: [
    { name: 'order', type: 'int', native: 'int', nullable: false, generated: false },
    { name: 'line', type: 'int', native: 'int', nullable: false, generated: false },
    { name: 'text', type: 'text', native: 'text', nullable: true, generated: false },
  ],
  key: [0, 1],
  identity: 'key',
};

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
  { name: 'api.lines', columns: lines.columns, key: ['order', 'line'] },
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

const apiRow = (row: WorkloadRow, names = Object.keys(row)) =>
  Object.fromEntries(names.map((name) => [name, row[name] as string | number | null]));

const apiChanges = (operation: WorkloadOperation): readonly ApiChange[] => {
  const other = { table: 'api.lines' };
  const key = ['order', 'line'];
  switch (operation.kind) {
    case 'insert':
      return [{ op: 'insert', ...other, row: apiRow(operation.row) }];
    case 'update': {
      const { before, after, columns } = operation;
      return [{ op: 'update', ...other, key: apiRow(before, key), row: apiRow(after, [...columns]) }];
    }
    case 'delete':
      return [{ op: 'delete', ...other, key: apiRow(operation.row, key) }];
    case 'truncate':
      return [{ op: 'truncate', ...other }];
    case 'savepoint':
      return operation.outcome === 'released' ? operation.operations.flatMap(apiChanges) : [];
    case 'schema-change':
      return [];
  }
};

const world = async (): Promise<SourceWorld> => {
  const server = new ChangeApiServer(tables);
  const url = await server.listen();
  return {
    connect: () => apiSource({ url, interval: 5 }),
    table: { name: table, columns: { id: 'id', note: 'note', count: 'count' } },
    write: async (changes) => server.commit(changes.map(apiChange)),
    workload: {
      relations: [lines],
      async write({ outcome, operations }) {
        if (outcome === 'committed') server.commit(operations.flatMap(apiChanges));
      },
    },
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
