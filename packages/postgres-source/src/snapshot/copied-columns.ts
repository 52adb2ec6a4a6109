import type { PostgresSession } from '@millrace/postgres-client';
import type { TableFacts } from '../catalog/table-facts.ts';
import { firstDescribedType, type RelationMessage, type TypeMessage } from '../pgoutput/control-messages.ts';
import type { PublishedPart } from './published-part.ts';

/** A column as a reselect needs it. */
export interface KeyColumn {
  readonly name: string;
  /** What its text is cast to. */
  readonly type: readonly [schema: string, name: string];
  /** Where the operator lies that its values are equal by. */
  readonly equality: string;
}

/** A table described as the log would describe it now, if it had only what is delivered of it. */
export interface TableDescription {
  readonly relation: RelationMessage;
  readonly types: readonly TypeMessage[];
  readonly columns: readonly KeyColumn[];
  /** The log has more columns, which the stream leaves out. */
  readonly isNarrowed: boolean;
}

export interface DescribedPart {
  readonly part: PublishedPart;
  readonly serverVersion: number;
  /** Tells the columns that the stream delivers. */
  readonly captures: (column: string) => boolean;
}

interface Row {
  readonly name: string;
  readonly type: string;
  readonly modifier: string;
  readonly generated: string;
  readonly type_schema: string;
  readonly type_name: string;
  readonly equality: string | null;
}

// A domain is sent as what it is over. Strategy 3 of a B-tree is equality (PostgreSQL manual, "B-Tree Strategies").
const query = `
  WITH RECURSIVE base(type, stands_for) AS (
    SELECT DISTINCT atttypid, atttypid FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT b.type, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.stands_for WHERE t.typtype = 'd'
  )
  SELECT a.attname AS name, a.atttypid AS type, a.atttypmod AS modifier, a.attgenerated <> '' AS generated,
    n.nspname AS type_schema, t.typname AS type_name,
    (SELECT en.nspname FROM pg_opclass oc
      JOIN pg_am am ON am.oid = oc.opcmethod AND am.amname = 'btree'
      JOIN pg_amop e ON e.amopfamily = oc.opcfamily AND e.amopstrategy = 3
        AND e.amoplefttype = oc.opcintype AND e.amoprighttype = oc.opcintype
      JOIN pg_operator eo ON eo.oid = e.amopopr JOIN pg_namespace en ON en.oid = eo.oprnamespace
      WHERE oc.opcdefault AND oc.opcintype = t.oid LIMIT 1) AS equality
  FROM pg_attribute a JOIN base b ON b.type = a.atttypid
  JOIN pg_type t ON t.oid = b.stands_for AND t.typtype <> 'd' JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;

const identities = { key: 'd', index: 'i', full: 'f', none: 'n' } as const;

/** The columns that the log has of a table, in its order, without those that the stream leaves out. */
export const readDescription = async (
  session: PostgresSession,
  facts: TableFacts,
  { part, serverVersion, captures }: DescribedPart,
  signal: AbortSignal,
): Promise<TableDescription> => {
  const { rows } = await session.query<Row>(query, [String(facts.oid)], { signal, doing: 'look at the columns' });
  const mayBeGenerated = part.columns !== null && serverVersion >= 180_000;
  const isPublished = ({ name, generated }: Row) =>
    (generated !== 't' || mayBeGenerated) && part.columns?.includes(name) !== false;
  const logged = rows.filter(isPublished);
  const published = logged.filter(({ name }) => captures(name));
  const { oid, schema, table, identity, key } = facts;
  const columns = published.map(({ name, type, modifier }) => ({
    key: identity === 'full' || key?.includes(name) === true,
    name,
    type: Number(type),
    modifier: Number(modifier),
  }));
  return {
    relation: { oid, schema, table, identity: identities[identity], columns },
    types: published
      .map((row) => ({ oid: Number(row.type), schema: row.type_schema, name: row.type_name }))
      .filter((type) => type.oid >= firstDescribedType),
    columns: published.map((row) => ({
      name: row.name,
      type: [row.type_schema, row.type_name],
      equality: row.equality ?? 'pg_catalog',
    })),
    isNarrowed: published.length < logged.length,
  };
};
