import { type Column, qualifiedName, type Relation } from '@millrace/core';
import type { MappedColumn, TableMap } from '../binlog/table-map.ts';
import type { ColumnDefinition, TableDefinition } from '../schema/table-definition.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import type { ZeroDates } from '../values/zero-dates.ts';
import { ColumnMismatch, UnreadableColumn } from './column-mismatch.ts';
import { type ColumnValues, columnValues } from './column-values.ts';
import { mayBeHash } from './hash-columns.ts';
import { rowError } from './row-errors.ts';
import { RowFormat } from './row-format.ts';
import { valueSize } from './value-size.ts';

export interface TableFormatOptions {
  /** Of the relation: another one for every shape of a table. */
  readonly version: number;
  /** Of dates that the calendar does not have. Default: `error`. */
  readonly zeroDates?: ZeroDates;
}

/**
 * How the rows are read that follow a table map. Throws `SHAPE_MISMATCH` where the log and the definition cannot be of the
 * same table: nothing is read by a shape that is not its own; and `TYPE_UNREADABLE`.
 */
export const tableFormat = (map: TableMap, definition: TableDefinition, options: TableFormatOptions): RowFormat => {
  const table = qualifiedName(map);
  const hashes = map.columns.slice(definition.columns.length);
  const areHashes = hashes.length <= (definition.mostHashes ?? 0) && hashes.every(mayBeHash);
  if (map.columns.length < definition.columns.length || !areHashes)
    throw rowError(
      'SHAPE_MISMATCH',
      `Rows of ${table} have ${map.columns.length} columns where the table is known to have had ${definition.columns.length}`,
      { details: { table } },
    );
  const columns: Column[] = [];
  const decoders: ValueDecoder[] = [];
  const sizes: number[] = [];
  for (const [index, mapped] of map.columns.entries()) {
    const defined = definition.columns[index];
    if (defined === undefined) {
      sizes.push(valueSize(mapped) ?? 0);
      continue;
    }
    const { type, decoder, size } = read(mapped, defined, table, options.zeroDates ?? 'error');
    const { name, type: native, nullable, generated } = defined;
    columns.push({ name, type, native, nullable, generated: generated !== null });
    decoders.push(decoder);
    sizes.push(size);
  }
  return new RowFormat(
    { ...relationOf(map, definition), columns, version: options.version, dialect: 'mysql' },
    decoders,
    sizes,
    options.zeroDates === 'null',
  );
};

const read = (
  mapped: MappedColumn,
  defined: ColumnDefinition,
  table: string,
  zeroDates: ZeroDates,
): ColumnValues & { readonly size: number } => {
  try {
    if (mapped.name !== undefined && mapped.name !== defined.name) throw new ColumnMismatch('it has another name');
    const size = valueSize(mapped);
    if (size === null) throw new UnreadableColumn(`type ${mapped.type} of the log is not known`);
    return { size, ...columnValues(mapped, defined, zeroDates) };
  } catch (error) {
    if (!(error instanceof ColumnMismatch || error instanceof UnreadableColumn)) throw error;
    const [code, what] =
      error instanceof ColumnMismatch
        ? (['SHAPE_MISMATCH', `was not logged as it is known to have been, ${defined.type}`] as const)
        : (['TYPE_UNREADABLE', 'cannot be read'] as const);
    throw rowError(code, `Column ${table}.${defined.name} ${what}: ${error.message}`, {
      details: { table, column: defined.name },
    });
  }
};

const relationOf = (
  { schema, table, primaryKey: logged }: TableMap,
  { columns, primaryKey, uniqueKeys = [] }: TableDefinition,
): Pick<Relation, 'schema' | 'table' | 'key' | 'identity'> => {
  const named = primaryKey ?? uniqueKeys[0];
  if (named === undefined) return { schema, table, key: null, identity: 'full' };
  const key = named.map((name) => columns.findIndex((column) => column.name === name));
  const isOther = logged !== null && primaryKey !== null && [...logged].sort().join() !== [...key].sort().join();
  if (key.includes(-1) || isOther)
    throw rowError(
      'SHAPE_MISMATCH',
      `The primary key of ${schema}.${table} was not logged as it is known to have been`,
      {
        details: { table: `${schema}.${table}` },
      },
    );
  return { schema, table, key, identity: primaryKey === null ? 'index' : 'key' };
};
