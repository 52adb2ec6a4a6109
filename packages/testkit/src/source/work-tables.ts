import { qualifiedName, type Relation } from '@millrace/core';
import { type WorkloadOptions, type WorkloadRow, workloadKinds } from '../workload/index.ts';
import type { WorkloadOperation } from '../workload/workload.ts';
import { supports } from './origin-changes.ts';
import type { OriginChange, OriginRow, SourceWorld } from './source-world.ts';

type Table = SourceWorld['table'];

/** What workloads are done to. */
export interface WorkTables extends NonNullable<SourceWorld['workload']> {
  readonly options: WorkloadOptions;
}

/** The other tables of a world, or the one that every case is about. */
export const workTables = ({ table, workload, write }: SourceWorld): WorkTables =>
  workload === undefined
    ? {
        relations: [relationOf(table)],
        options: { kinds: ofRows.filter((kind) => isPossible(kind, table)), rollbacks: false },
        async write({ operations }) {
          const changes = operations.flatMap((operation) => originChanges(operation, table));
          if (changes.length > 0) await write(changes);
        },
      }
    : { ...workload, options: { kinds: ofRows } };

/** Of a shape that changes a log says more or less than a workload does. */
const ofRows = workloadKinds.filter((kind) => kind !== 'schema-change');

const isPossible = (kind: (typeof workloadKinds)[number], table: Table): boolean => {
  if (kind === 'replace') return supports(table, 'delete');
  return kind === 'insert' || supports(table, kind === 'delete' || kind === 'truncate' ? kind : 'update');
};

export const column = (name: string, type: 'int' | 'text', nullable = true) => ({
  name,
  type,
  native: type === 'int' ? 'integer' : 'text',
  nullable,
  generated: false,
});

/** As the origin has it. */
export const relationOf = ({ name, columns: { id, note, count } }: Table): Relation => {
  const [schema = '', table = ''] = name.split('.');
  const columns = [
    column(id, 'int', false),
    column(note, 'text'),
    ...(count === undefined ? [] : [column(count, 'int')]),
  ];
  return { schema, table, version: 1, columns, key: [0], identity: 'key' };
};

const originChanges = (operation: WorkloadOperation, table: Table): readonly OriginChange[] => {
  const words = Object.entries(table.columns);
  const said = (row: WorkloadRow) =>
    Object.fromEntries(
      words.filter(([, name]) => name in row).map(([word, name]) => [word, row[name]]),
    ) as Partial<OriginRow>;
  const idOf = (row: WorkloadRow): number => row[table.columns.id] as number;
  switch (operation.kind) {
    case 'insert':
      return [{ op: 'insert', row: { id: idOf(operation.row), ...said(operation.row) } }];
    case 'update': {
      const { before, after, columns } = operation;
      const set = Object.fromEntries(columns.map((name) => [name, after[name]]));
      return [{ op: 'update', id: idOf(before), row: { id: idOf(after), ...said(set) } }];
    }
    case 'delete':
      return [{ op: 'delete', id: idOf(operation.row) }];
    case 'truncate':
      return [{ op: 'truncate' }];
    case 'savepoint':
      return operation.operations.flatMap((one) => originChanges(one, table));
    case 'schema-change':
      return [];
  }
};

/** Their names, with that of the table that every case is about. */
export const capturedNames = (world: SourceWorld): ReadonlySet<string> =>
  new Set([world.table.name, ...workTables(world).relations.map(qualifiedName)]);
