import { NotUnderstood } from '../ddl/not-understood.ts';
import type { AlterClause, ColumnFill, ColumnPlace, ColumnSpec, KeySpec } from '../ddl/statement.ts';
import type { TableChange } from '../schema-effect.ts';
import type { ColumnDefinition } from '../table-definition.ts';
import { resolveCollation } from './collation.ts';
import { resolveColumn, resolveConverted } from './column-type.ts';
import { convertColumn } from './convert-charset.ts';
import { addKeys, prefixOf, withPrimaryKeyNotNull } from './keys.ts';
import type { SchemaSettings } from './schema-settings.ts';
import { type TracedColumn, tableChanges } from './table-changes.ts';
import { hasColumn, isSameName, type KeyModel, type TableModel } from './table-model.ts';

export interface AlteredTable {
  readonly table: TableModel;
  readonly changes: readonly TableChange[];
}

type Of<K extends AlterClause['kind']> = Extract<AlterClause, { kind: K }>;

/**
 * What a server makes of a table by the clauses of one statement. As there, clauses name columns as they were before
 * it, but for AFTER, which names those behind it.
 */
export const alterTable = (
  table: TableModel,
  written: readonly AlterClause[],
  settings: SchemaSettings,
): AlteredTable => {
  const clauses = withoutVoid(table, written);
  expectNames(table, clauses);
  const all = allOf(clauses);
  const collation = newCollation(table, clauses, settings);
  const traced = newColumns(table, clauses, collation, settings);
  const columns = traced.map(({ column }) => column);
  const twice = columns.find((column, index) => hasColumn(columns.slice(0, index), column.name));
  if (twice !== undefined) throw new NotUnderstood(`a second column ${twice.name}`);
  const added = all('add-key').map(({ key }) => key);
  const keys = addKeys(keptKeys(table.keys, traced, clauses), added, columns, table.keys);
  const after = { ...table, columns: withPrimaryKeyNotNull(columns, keys), keys, collation };
  const rewritten = all('rewrite-rows').map(({ reason }) => ({ kind: 'rows-rewritten', reason }) as const);
  return {
    table: after,
    changes: [
      ...tableChanges(table, after, traced),
      ...recomputed(all('change-column'), traced),
      ...defaultsSet(clauses, traced),
      ...rewritten,
    ],
  };
};

const allOf =
  (clauses: readonly AlterClause[]) =>
  <K extends AlterClause['kind']>(kind: K) =>
    clauses.filter((clause): clause is Of<K> => clause.kind === kind);

/** As the server does it: first what stays in its place, then what is added or moved, in the order that is written. */
const newColumns = (
  table: TableModel,
  clauses: readonly AlterClause[],
  collation: string,
  settings: SchemaSettings,
): readonly TracedColumn[] => {
  const all = allOf(clauses);
  const converts = all('convert').length > 0;
  const resolve = converts ? resolveConverted : resolveColumn;
  let traced: TracedColumn[] = [];
  const changed = new Map<AlterClause, TracedColumn>();
  for (const origin of table.columns) {
    const isIt = (name: string) => isSameName(name, origin.name);
    if (all('drop-column').some(({ name }) => isIt(name))) continue;
    const change = all('change-column').find(({ from }) => isIt(from));
    const rename = all('rename-column').find(({ from }) => isIt(from));
    const visible = all('set-visible').find(({ name }) => isIt(name))?.visible;
    const kept = converts ? () => convertColumn(origin, collation, settings) : () => origin;
    const column = {
      ...(change === undefined ? kept() : resolve(change.column, collation, settings)),
      ...(rename === undefined ? {} : { name: rename.to }),
      ...(visible === undefined ? {} : { invisible: !visible }),
    };
    const item: TracedColumn = { column, origin, fill: { kind: 'null' } };
    traced.push(item);
    if (change !== undefined) changed.set(change, item);
  }
  for (const clause of clauses) {
    if (clause.kind === 'add-column') {
      const column = resolve(clause.column, collation, settings);
      const isPrimary = all('add-key').some(({ key }) => key.kind === 'primary' && isPartOf(key, column.name));
      const item = { column, origin: null, fill: fillOf(clause.column, column, isPrimary) };
      traced = placed(traced, item, clause.place);
    } else if (clause.kind === 'change-column' && clause.place !== null) {
      const item = changed.get(clause) as TracedColumn;
      const others = traced.filter((other) => other !== item);
      traced = placed(others, item, clause.place);
    }
  }
  return traced;
};

const isPartOf = (key: KeySpec, name: string) =>
  key.parts.some(({ column }) => column !== null && isSameName(column, name));

/** Without clauses that `IF EXISTS` and `IF NOT EXISTS` make void. Keys that stand with a column are made nevertheless. */
const withoutVoid = ({ columns, keys }: TableModel, clauses: readonly AlterClause[]): readonly AlterClause[] =>
  clauses.filter((clause, index) => {
    switch (clause.kind) {
      case 'add-column': {
        const isIt = (name: string) => isSameName(name, clause.column.name);
        const earlier = clauses.slice(0, index).some((other) => 'column' in other && isIt(other.column.name));
        return !clause.ifNotExists || !(earlier || hasColumn(columns, clause.column.name));
      }
      case 'change-column':
      case 'rename-column':
        return !clause.ifExists || hasColumn(columns, clause.from);
      case 'drop-column':
        return !clause.ifExists || hasColumn(columns, clause.name);
      case 'drop-key':
        return !clause.ifExists || keys.some(({ name }) => isSameName(name, clause.name));
      case 'rename-key':
        return !clause.ifExists || keys.some(({ name }) => isSameName(name, clause.from));
      case 'drop-constraint':
        return keys.some(({ name }) => isSameName(name, clause.name));
      default:
        return true;
    }
  });

/**
 * Whoever names what the history does not have was not followed from the beginning; and what becomes of a column that
 * is named twice is not certain.
 */
const expectNames = ({ columns, keys }: TableModel, clauses: readonly AlterClause[]) => {
  const changed: string[] = [];
  for (const clause of clauses) {
    const column = 'from' in clause && clause.kind !== 'rename-key' ? clause.from : null;
    const named = clause.kind === 'drop-column' || clause.kind === 'set-visible' ? clause.name : column;
    if (named !== null && !hasColumn(columns, named))
      throw new NotUnderstood(`column ${named}, which the history does not have`);
    if (named !== null && changed.some((other) => isSameName(other, named)))
      throw new NotUnderstood(`column ${named}, changed twice`);
    if (named !== null) changed.push(named);
    const key = clause.kind === 'rename-key' ? clause.from : clause.kind === 'drop-key' ? clause.name : null;
    if (key !== null && !keys.some(({ name }) => isSameName(name, key)))
      throw new NotUnderstood(`key ${key}, which the history does not have`);
  }
};

const newCollation = (table: TableModel, clauses: readonly AlterClause[], settings: SchemaSettings): string => {
  const options = clauses.filter((clause) => clause.kind === 'default-charset' || clause.kind === 'convert');
  if (options.length > 1 && options.some(({ kind }) => kind === 'convert'))
    throw new NotUnderstood('several character sets at once');
  return options.reduce((collation, { to }) => resolveCollation(to, collation, settings), table.collation);
};

const placed = (traced: readonly TracedColumn[], item: TracedColumn, place: ColumnPlace): TracedColumn[] => {
  if (place === 'last') return [...traced, item];
  if (place === 'first') return [item, ...traced];
  const at = traced.findIndex(({ column }) => isSameName(column.name, place.after));
  if (at < 0) throw new NotUnderstood(`AFTER ${place.after}, which the history does not have`);
  return traced.toSpliced(at + 1, 0, item);
};

const fillOf = (spec: ColumnSpec, column: ColumnDefinition, isPrimary: boolean): ColumnFill => {
  if (spec.autoIncrement || spec.generated !== null || spec.default === 'computed') return { kind: 'computed' };
  if (typeof spec.default === 'object') return { kind: 'constant', sql: spec.default.constant };
  return column.nullable && !isPrimary ? { kind: 'null' } : { kind: 'zero' };
};

const keptKeys = (
  keys: readonly KeyModel[],
  traced: readonly TracedColumn[],
  clauses: readonly AlterClause[],
): readonly KeyModel[] =>
  keys.flatMap((key) => {
    const isIt = (name: string) => isSameName(name, key.name);
    const dropped = clauses.some(
      (clause) => (clause.kind === 'drop-key' || clause.kind === 'drop-constraint') && isIt(clause.name),
    );
    if (dropped) return [];
    const rename = clauses.find(
      (clause): clause is Of<'rename-key'> => clause.kind === 'rename-key' && isIt(clause.from),
    );
    const parts = key.parts.flatMap((part) => {
      if (part.column === null) return part;
      const column = traced.find(({ origin }) => origin?.name === part.column)?.column;
      return column === undefined ? [] : { column: column.name, length: prefixOf(part.length, column) };
    });
    return parts.length === 0 ? [] : { ...key, name: rename?.to ?? key.name, parts };
  });

/** A generated column that is written anew may have got another expression. */
const recomputed = (
  clauses: readonly { readonly column: ColumnSpec }[],
  traced: readonly TracedColumn[],
): readonly TableChange[] =>
  clauses.flatMap(({ column }) =>
    column.generated !== null && traced.some((item) => item.column.name === column.name)
      ? ({ kind: 'rows-rewritten', reason: `the expression of ${column.name} may be another` } as const)
      : [],
  );

/** The defaults that clauses name; one that is left out of a column that is written anew, not. */
const defaultsSet = (clauses: readonly AlterClause[], traced: readonly TracedColumn[]): readonly TableChange[] =>
  clauses.flatMap((clause): readonly TableChange[] => {
    if (clause.kind !== 'set-default' && clause.kind !== 'change-column') return [];
    const [former, value] =
      clause.kind === 'set-default' ? [clause.name, clause.default] : [clause.from, clause.column.default];
    const column = traced.find(({ origin }) => origin !== null && isSameName(origin.name, former))?.column;
    return value === 'none' || column === undefined ? [] : [{ kind: 'default-set', name: column.name, default: value }];
  });
