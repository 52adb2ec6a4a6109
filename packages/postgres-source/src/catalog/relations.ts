import type { Column, Relation, UniqueIndex } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { BinaryTypes } from '../values/binary-types.ts';
import { readColumnTypes } from './column-types.ts';
import { withResolvedDomains } from './resolved-domains.ts';
import type { TableFacts } from './table-facts.ts';
import { readUniqueIndexes } from './unique-indexes.ts';

interface Row {
  readonly oid: string;
  readonly name: string;
  readonly type: string;
  readonly native: string;
  readonly not_null: string;
  readonly generated: string;
}

// A domain is what the log sends of it: its base type.
const query = `${withResolvedDomains}
  SELECT a.attrelid AS oid, a.attname AS name, COALESCE(r.type, a.atttypid) AS type,
    format_type(COALESCE(r.type, a.atttypid), COALESCE(r.modifier, a.atttypmod)) AS native,
    a.attnotnull AS not_null, a.attgenerated <> '' AS generated
  FROM pg_attribute a LEFT JOIN resolved r ON r.domain = a.atttypid
  WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attrelid, a.attnum`;

const columnOf = ({ name, type, native, not_null, generated }: Row, types: BinaryTypes): Column => ({
  name,
  ...types.value(Number(type)),
  native,
  nullable: not_null !== 't',
  generated: generated === 't',
});

const relationOf = (
  { schema, table, identity, key: names }: TableFacts,
  columns: readonly Column[],
  unique: readonly UniqueIndex[],
): Relation => {
  const key = names?.map((name) => columns.findIndex((column) => column.name === name)) ?? null;
  return { schema, table, version: 0, columns, key: key === null || key.includes(-1) ? null : key, identity, unique };
};

/** The tables as the catalog has them now, in the given order (PostgreSQL manual, "pg_attribute", "format_type"). */
export const readRelations = async (
  session: PostgresSession,
  tables: readonly TableFacts[],
  signal?: AbortSignal,
): Promise<readonly Relation[]> => {
  const oids = tables.map(({ oid }) => String(oid));
  const { rows } = await session.query<Row>(query, [oids], { signal, doing: 'look at the columns' });
  const types = new BinaryTypes(undefined, await readColumnTypes(session, tables, signal));
  const columns = new Map<number, Column[]>();
  for (const row of rows) {
    const oid = Number(row.oid);
    const list = columns.get(oid) ?? [];
    list.push(columnOf(row, types));
    columns.set(oid, list);
  }
  const unique = await readUniqueIndexes(session, tables, signal);
  return tables.map((facts) => relationOf(facts, columns.get(facts.oid) ?? [], unique.get(facts.oid) ?? []));
};
