import type { ColumnStorage, TableStorage } from '@millrace/core';
import type { SchemaEffect, TableChange } from '../schema-effect.ts';
import type { ColumnDefinition, TableDefinition } from '../table-definition.ts';
import { defaultSql, fillText } from './fill-text.ts';
import { keepsValues } from './keeps-values.ts';

type Of<K extends TableChange['kind']> = Extract<TableChange, { kind: K }>;

/** How a table was stored before a statement and behind it, with ids that count for these two alone. */
export interface TableStorages {
  readonly before: TableStorage;
  readonly after: TableStorage;
}

/** Of a heap or a column: values are not what they were, and the target cannot tell which they are. */
const unknown = 'unknown';
/** Of a heap: the rows are where they were. */
const asBefore = 'as before';

const kept = (origin: string) => ({ id: `= ${origin}`, revision: '', fill: null }) as const;

/** Rows of the target may be NULL until they are copied anew. */
const mayBeNull = ({ nullable }: ColumnDefinition, rows: '' | typeof unknown = ''): { readonly nullable?: boolean } =>
  nullable || rows === '' ? { nullable } : {};

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
  const defaults = new Map(all('default-set').map((set) => [set.name, set.default]));
  /** Those that are set, by the names that the columns had. */
  const otherDefaults = new Map<string, string | null>();
  let isWrittenAnew = isRewritten || converted.size > 0;
  const columns = sent(after).map((column): readonly [string, ColumnStorage] => {
    const { name } = column;
    const origin = added.has(name) ? undefined : (former.get(name) ?? name);
    const revision = isRewritten || converted.has(name) ? unknown : '';
    const set = defaults.get(name);
    if (origin !== undefined && isSent.has(origin)) {
      if (set !== undefined) otherDefaults.set(origin, defaultSql(set, column));
      const value = set === undefined ? {} : { default: defaultSql(set, column) };
      return [name, { ...kept(origin), revision, ...mayBeNull(column, revision), ...value }];
    }
    // One that is computed no more has the values that it had.
    const fill = fillText(added.get(name) ?? { kind: 'computed' }, column);
    isWrittenAnew ||= fill === undefined;
    const rows = fill === undefined ? unknown : '';
    return [name, { id: `+ ${name}`, revision, fill: fill ?? null, ...mayBeNull(column, rows) }];
  });
  return {
    before: withOtherDefaults(storageOf(before), otherDefaults),
    after: { heap: isWrittenAnew ? unknown : asBefore, columns: Object.fromEntries(columns) },
  };
};

/** What a column had as its default nobody knows: something else. */
const withOtherDefaults = (storage: TableStorage, set: ReadonlyMap<string, string | null>): TableStorage => ({
  ...storage,
  columns: Object.fromEntries(
    Object.entries(storage.columns).map(([name, column]) => {
      const value = set.get(name);
      return [name, value === undefined ? column : { ...column, default: value === null ? unknown : null }];
    }),
  ),
});

/** A table as it is, beside which nothing has changed. */
export const storageOf = (table: TableDefinition): TableStorage => ({
  heap: asBefore,
  columns: Object.fromEntries(
    sent(table).map((column) => [column.name, { ...kept(column.name), ...mayBeNull(column) }]),
  ),
});

/** Another table has taken the name: its columns are told by theirs. */
export const replacedStorages = (before: TableDefinition, after: TableDefinition): TableStorages => {
  const columns = sent(after).map((column): readonly [string, ColumnStorage] => {
    const { name } = column;
    return [name, { ...kept(name), revision: unknown, ...mayBeNull(column, unknown) }];
  });
  return { before: storageOf(before), after: { heap: unknown, columns: Object.fromEntries(columns) } };
};

/** What the log carries: columns that the source computes are not written. */
const sent = ({ columns }: TableDefinition): readonly ColumnDefinition[] =>
  columns.filter(({ generated }) => generated === null);
