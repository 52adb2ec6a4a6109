import type { ColumnStorage, TableStorage } from '@millrace/core';
import type { SchemaEffect, TableChange } from '../schema-effect.ts';
import type { ColumnDefinition, TableDefinition } from '../table-definition.ts';
import { fillText } from './fill-text.ts';
import { keepsValues } from './keeps-values.ts';

type Of<K extends TableChange['kind']> = Extract<TableChange, { kind: K }>;

/** How a table was stored before a statement and behind it, with ids that count for these two alone. */
export interface TableStorages {
  readonly before: TableStorage;
  readonly after: TableStorage;
}

/** What a statement did to a table. `strict`: it fails where a value does not fit. */
export const changedStorages = (
  { before, after, changes }: Pick<Extract<SchemaEffect, { kind: 'table-changed' }>, 'before' | 'after' | 'changes'>,
  strict: boolean,
): TableStorages => {
  const all = <K extends TableChange['kind']>(kind: K) =>
    changes.filter((change): change is Of<K> => change.kind === kind);
  const former = new Map(all('column-renamed').map(({ from, to }) => [to, from]));
  const added = new Map(all('column-added').map(({ column, fill }) => [column.name, fill]));
  const isSent = new Set(sent(before).map(({ name }) => name));
  const isRewritten = all('rows-rewritten').length > 0;
  const converted = new Set(
    all('column-retyped').flatMap(({ from, to }) => (keepsValues(from, to, strict) ? [] : [to.name])),
  );
  let isWrittenAnew = isRewritten || converted.size > 0;
  const columns = sent(after).map((column): readonly [string, ColumnStorage] => {
    const { name } = column;
    const origin = added.has(name) ? undefined : (former.get(name) ?? name);
    const revision = isRewritten || converted.has(name) ? 'converted' : '';
    if (origin !== undefined && isSent.has(origin))
      return [name, { id: `= ${origin}`, revision, fill: null, nullable: column.nullable }];
    // One that is computed no more has the values that it had.
    const fill = fillText(added.get(name) ?? { kind: 'computed' }, column);
    isWrittenAnew ||= fill === undefined;
    const nullable = fill === undefined ? {} : { nullable: column.nullable };
    return [name, { id: `+ ${name}`, revision, fill: fill ?? null, ...nullable }];
  });
  return {
    before: storageOf(before),
    after: { heap: isWrittenAnew ? 'written anew' : '', columns: Object.fromEntries(columns) },
  };
};

/** A table as it is, beside which nothing has changed. */
export const storageOf = (table: TableDefinition): TableStorage => ({
  heap: '',
  columns: Object.fromEntries(
    sent(table).map(({ name, nullable }) => [name, { id: `= ${name}`, revision: '', fill: null, nullable }]),
  ),
});

/** What the log carries: columns that the source computes are not written. */
const sent = ({ columns }: TableDefinition): readonly ColumnDefinition[] =>
  columns.filter(({ generated }) => generated === null);
