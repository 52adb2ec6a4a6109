import { MillraceError, type SelectedTable } from '@millrace/core';
import { type PostgresSession, quoteIdentifier, sqlstateOf } from '@millrace/postgres-client';
import { readTypes } from '../catalog/column-types.ts';
import { firstDescribedType, type TypeMessage } from '../pgoutput/control-messages.ts';
import { relationShape } from '../pgoutput/relation-shape.ts';
import type { RowFormat } from '../pgoutput/row-format.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { BinaryTypes } from '../values/binary-types.ts';
import type { ValueForms } from '../values/value-forms.ts';

/** A table that is made from a query, as options ask for it. */
export interface QueryTable {
  /** Qualified. */
  readonly name: string;
  readonly query: string;
  readonly key: readonly string[] | undefined;
}

export const queryTables = (requested: readonly SelectedTable[]): readonly QueryTable[] =>
  requested.flatMap(({ name, query, key }) => (query === undefined ? [] : [{ name, query, key }]));

/** What is read sees one moment, writes nothing, and is refused where the role may not see all of it. */
export const beginReading = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off';

/** The query, whose last line may be a comment. */
export const rowsOf = ({ query }: QueryTable, columns = '*'): string => `SELECT ${columns} FROM (${query}\n) AS q`;

/** How much stands before the query there. */
const beforeQuery = 'SELECT * FROM ('.length;

export const notPossible = ({ name }: QueryTable, problem: string, hint?: string, cause?: unknown): MillraceError =>
  sourceError('QUERY_NOT_POSSIBLE', `The query of ${name} cannot be used: ${problem}`, {
    hint,
    details: { table: name },
    cause,
  });

/** `undefined_table`, `undefined_function`, `undefined_object`, `invalid_schema_name`. */
const unknownNames = new Set(['42P01', '42883', '42704', '3F000']);
const readOnly = '25006';

/** What of a failed statement is the query's own fault; `before`: how much of the statement was before it. */
export const explained = (table: QueryTable, error: unknown, before: number): unknown => {
  if (!(error instanceof MillraceError) || error.recovery === 'retry' || error.code === 'QUERY_NOT_POSSIBLE')
    return error;
  const state = sqlstateOf(error) ?? '';
  if (state === readOnly) return notPossible(table, 'it does more than to read', undefined, error);
  const at = Number(error.details.position) - before - beforeQuery;
  const place = at > 0 ? `, at character ${at}` : '';
  const hint = unknownNames.has(state) ? 'name tables, types and functions of your own with their schema' : undefined;
  return notPossible(table, `${error.message}${place}`, hint, error);
};

const checkColumns = (table: QueryTable, names: readonly string[]): void => {
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  const listed = [...new Set(twice)].map(quoteIdentifier).join(', ');
  if (names.length === 0) throw notPossible(table, 'it has no columns');
  if (twice.length > 0) throw notPossible(table, `more than one of its columns is called ${listed}`, 'SELECT … AS …');
  const unknown = (table.key ?? []).filter((name) => !names.includes(name)).map(quoteIdentifier);
  if (unknown.length > 0) throw notPossible(table, `it has no column ${unknown.join(', ')} for its key`);
};

const typesQuery = `SELECT t.oid, n.nspname AS schema, t.typname AS name
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = ANY ($1::oid[])`;

const describedTypes = async (
  session: PostgresSession,
  oids: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, TypeMessage>> => {
  const wanted = oids.filter((oid) => oid >= firstDescribedType).map(String);
  if (wanted.length === 0) return new Map();
  const doing = 'look at the types of a query';
  const { rows } = await session.query<{ oid: string; schema: string; name: string }>(typesQuery, [wanted], {
    signal,
    doing,
  });
  return new Map(rows.map(({ oid, ...type }) => [Number(oid), { oid: Number(oid), ...type }]));
};

/**
 * The rows of the query as the server describes them, within a transaction that only reads. The query is begun, so that
 * privileges are looked at, but nothing of it is read. Rejects `QUERY_NOT_POSSIBLE`.
 */
export const describeRows = async (
  session: PostgresSession,
  table: QueryTable,
  forms: ValueForms,
  signal: AbortSignal,
): Promise<RowFormat> => {
  // With a parameter, the server takes one statement and no more.
  const { fields } = await session
    .query(`${rowsOf(table)} LIMIT $1`, ['0'], { signal, doing: 'run it' })
    .catch((error) => {
      throw explained(table, error, 0);
    });
  checkColumns(
    table,
    fields.map(({ name }) => name),
  );
  const oids = fields.map(({ dataTypeID }) => dataTypeID);
  const types = await describedTypes(session, oids, signal);
  const binaryTypes = new BinaryTypes(undefined, await readTypes(session, oids, signal));
  const columns = fields.map(({ name, dataTypeID: type, dataTypeModifier: modifier }) => ({
    key: false,
    name,
    type,
    modifier,
  }));
  const dot = table.name.indexOf('.');
  const names = { schema: table.name.slice(0, dot), table: table.name.slice(dot + 1) };
  const format = relationShape(
    { oid: 0, ...names, identity: 'f', columns },
    types,
    table.key ?? null,
    binaryTypes,
    forms,
  );
  if (format === undefined) throw new TypeError(`${table.name} has no replica identity there is`);
  return format;
};
