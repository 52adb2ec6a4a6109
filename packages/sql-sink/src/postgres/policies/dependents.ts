import type { PostgresSession } from '@millrace/postgres-client';

/** What would go with each table: its own columns, indexes, constraints, triggers, partitions. What else needs one stays. */
const dependentsQuery = `
WITH RECURSIVE gone(root, classid, objid) AS (
  SELECT t.oid, 'pg_class'::regclass::oid, t.oid FROM unnest($1::oid[]) AS t(oid)
  UNION
  SELECT g.root, d.classid, d.objid FROM gone g
  JOIN pg_depend d ON d.refclassid = g.classid AND d.refobjid = g.objid AND d.deptype IN ('a', 'i', 'P', 'S')
)
SELECT g.root AS oid, json_agg(DISTINCT CASE WHEN r.oid IS NULL THEN pg_describe_object(d.classid, d.objid, d.objsubid)
  ELSE pg_describe_object('pg_class'::regclass, r.ev_class, 0) END) AS dependents
FROM gone g
JOIN pg_depend d ON d.refclassid = g.classid AND d.refobjid = g.objid AND d.deptype = 'n'
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
WHERE (d.classid, d.objid) NOT IN (SELECT classid, objid FROM gone)
GROUP BY g.root`;

/** The foreign keys of other tables onto each table or its partitions. TRUNCATE refuses them even where there are no rows. */
const referencesQuery = `
WITH emptied AS (
  SELECT t.oid AS root, p.relid FROM unnest($1::oid[]) AS t(oid), pg_partition_tree(t.oid) p
  UNION SELECT t.oid, t.oid FROM unnest($1::oid[]) AS t(oid)
)
SELECT e.root AS oid, json_agg(DISTINCT pg_describe_object('pg_constraint'::regclass, f.oid, 0)) AS dependents
FROM emptied e JOIN pg_constraint f ON f.contype = 'f' AND f.confrelid = e.relid
WHERE f.conrelid NOT IN (SELECT relid FROM emptied) AND f.conrelid <> ALL ($2::oid[])
GROUP BY e.root`;

interface Row {
  readonly oid: string;
  readonly dependents: string;
}

export type Dependents = ReadonlyMap<string, readonly string[]>;

const byOid = (rows: readonly Row[]): Dependents =>
  new Map(rows.map(({ oid, dependents }) => [oid, JSON.parse(dependents)]));

/** What keeps each of these tables, by oid, from being dropped together with the others. */
export const readDependents = async (
  session: PostgresSession,
  oids: readonly string[],
  signal: AbortSignal,
): Promise<Dependents> => {
  const doing = 'look for what depends on the target tables';
  const { rows } = await session.query<Row>(dependentsQuery, [oids], { signal, doing });
  return byOid(rows);
};

/** The foreign keys that keep each of these tables, by oid, from being truncated together, once others are dropped. */
export const readReferences = async (
  session: PostgresSession,
  oids: readonly string[],
  dropped: readonly string[],
  signal: AbortSignal,
): Promise<Dependents> => {
  const doing = 'look for what refers to the target tables';
  const { rows } = await session.query<Row>(referencesQuery, [oids, dropped], { signal, doing });
  return byOid(rows);
};
