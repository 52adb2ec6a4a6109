import type { Relation } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { isTrue } from '../boolean-text.ts';

/** A sequence of the target that belongs to a column: of an identity, or made `OWNED BY` it. Numbers are text. */
export interface OwnedSequence {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** Of the column's table. */
  readonly table: { readonly schema: string; readonly name: string };
  readonly column: string;
  /** Negative: it descends. */
  readonly increment: string;
  readonly minimum: string;
  readonly maximum: string;
  /** Whether the role may look at it and set it. */
  readonly maySet: boolean;
}

interface Row {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly table_schema: string;
  readonly table_name: string;
  readonly column: string;
  readonly increment: string;
  readonly minimum: string;
  readonly maximum: string;
  readonly may_set: string;
}

/** Only columns that hold numbers a sequence can give. */
const query = `
SELECT s.oid, sn.nspname AS schema, s.relname AS name, tn.nspname AS table_schema, t.relname AS table_name,
  a.attname AS "column", q.seqincrement AS increment, q.seqmin AS minimum, q.seqmax AS maximum,
  has_sequence_privilege(s.oid, 'SELECT') AND has_sequence_privilege(s.oid, 'UPDATE') AS may_set
FROM unnest($1::text[], $2::text[]) AS captured(schema, name)
JOIN pg_namespace tn ON tn.nspname = captured.schema
JOIN pg_class t ON t.relnamespace = tn.oid AND t.relname = captured.name
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.deptype IN ('a', 'i')
  AND d.classid = 'pg_class'::regclass
JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_namespace sn ON sn.oid = s.relnamespace
JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE a.atttypid = ANY (ARRAY['int2', 'int4', 'int8', 'numeric']::regtype[])
ORDER BY s.oid`;

export const readOwnedSequences = async (
  session: PostgresSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<readonly OwnedSequence[]> => {
  const names = [relations.map(({ schema }) => schema), relations.map(({ table }) => table)];
  const { rows } = await session.query<Row>(query, names, { signal, doing: 'look for sequences at the target' });
  return rows.map(({ table_schema, table_name, may_set, ...sequence }) => ({
    ...sequence,
    table: { schema: table_schema, name: table_name },
    maySet: isTrue(may_set),
  }));
};
