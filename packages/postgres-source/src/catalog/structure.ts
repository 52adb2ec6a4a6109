import type { StructurePart, TableStructures } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { defaultValue } from './default-value.ts';

/** A table as SQL, as the server writes it where nothing is found without its schema. */
const quoted = (relation: string): string =>
  `(SELECT quote_ident(qn.nspname) || '.' || quote_ident(qc.relname)
    FROM pg_class qc JOIN pg_namespace qn ON qn.oid = qc.relnamespace WHERE qc.oid = ${relation})`;

/** What follows the name of the table in the definition of an index. */
const indexTail = `substr(pg_get_indexdef(i.indexrelid), length(concat('CREATE ', CASE WHEN i.indisunique THEN 'UNIQUE ' END,
  'INDEX ', quote_ident(ic.relname), ' ON ', CASE WHEN ic.relkind = 'I' THEN 'ONLY ' END, ${quoted('i.indrelid')}, ' ')) + 1)`;

// Only one over whole columns, and every row, is the same elsewhere. Not every version says whether NULLs are equal.
const indexed = `CASE WHEN am.amname IN ('btree', 'hash') AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts = i.indnatts
  AND to_jsonb(i) ->> 'indnullsnotdistinct' IS DISTINCT FROM 'true' AND NOT (i.indisunique AND EXISTS (
    SELECT FROM unnest(i.indcollation::oid[]) u(id) JOIN pg_collation l ON l.oid = u.id WHERE NOT l.collisdeterministic))
  THEN (SELECT json_agg(json_build_object('name', a.attname, 'descending', p.option & 1 = 1, 'length', NULL, 'collation', NULL)
      ORDER BY p.place)
    FROM unnest(i.indkey::int2[], i.indoption::int2[]) WITH ORDINALITY p(attnum, option, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum) END`;

// An index that checks no equality of plain values, such as one of periods, is described as its constraint.
const indexes = `
  SELECT i.indrelid AS oid, 1 AS place, ic.relname AS name, CASE
    WHEN NOT i.indisunique AND k.oid IS NULL THEN
      json_build_object('kind', 'index', 'name', ic.relname, 'sql', ${indexTail}, 'indexed', ${indexed})
    WHEN am.amname = 'btree' THEN json_build_object('kind', 'unique', 'name', ic.relname, 'sql', ${indexTail},
      'columns', CASE WHEN i.indpred IS NULL AND i.indexprs IS NULL THEN (
        SELECT json_agg(a.attname ORDER BY p.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY p(attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum WHERE p.place <= i.indnkeyatts) END,
      'indexed', ${indexed},
      'constraint', CASE WHEN k.oid IS NOT NULL THEN concat(CASE WHEN k.condeferrable THEN 'DEFERRABLE' END,
        CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END) END)
    ELSE json_build_object('kind', 'exclusion', 'name', ic.relname, 'sql', pg_get_constraintdef(k.oid)) END AS part
  FROM pg_index i
  JOIN pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_am am ON am.oid = ic.relam
  LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
  WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid`;

const checks = `
  SELECT k.conrelid, 2, k.conname, json_build_object('kind', 'check', 'name', k.conname,
    'sql', pg_get_constraintdef(k.oid), 'validated', k.convalidated)
  FROM pg_constraint k WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'c'`;

const columnsOf = (table: string, numbers: string): string =>
  `(SELECT json_agg(a.attname ORDER BY p.place) FROM unnest(${numbers}) WITH ORDINALITY p(attnum, place)
      JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = p.attnum)`;

const action = (code: string): string =>
  `CASE ${code} WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
    WHEN 'd' THEN 'set default' END`;

// A key onto a partitioned table has parts for each of its partitions, which belong to the same table as the key.
const foreignKeys = `
  SELECT k.conrelid, 3, k.conname, json_build_object('kind', 'foreign-key', 'name', k.conname,
    'columns', ${columnsOf('k.conrelid', 'k.conkey')},
    'sql', substr(pg_get_constraintdef(k.oid), strpos(pg_get_constraintdef(k.oid), ' REFERENCES ' || ${quoted('k.confrelid')})
      + length(' REFERENCES ' || ${quoted('k.confrelid')})),
    'references', json_build_object('schema', n.nspname, 'table', c.relname, 'columns', ${columnsOf('k.confrelid', 'k.confkey')}),
    'onDelete', CASE WHEN to_jsonb(k) ->> 'confdelsetcols' IS NULL THEN ${action('k.confdeltype')} END,
    'onUpdate', ${action('k.confupdtype')}, 'match', CASE k.confmatchtype WHEN 'f' THEN 'full' ELSE 'simple' END,
    'deferrable', k.condeferrable, 'validated', k.convalidated)
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.confrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'f'
    AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.oid = k.conparentid AND o.conrelid = k.conrelid)`;

// The sequence of a serial column belongs to the column, as that of an identity does.
const values = `
  SELECT a.attrelid, 4, a.attname, CASE WHEN q.seqrelid IS NULL
    THEN json_build_object('kind', 'default', 'column', a.attname, 'sql', pg_get_expr(d.adbin, d.adrelid))
    ELSE json_build_object('kind', 'identity', 'column', a.attname, 'increment', q.seqincrement::text, 'sql', format(
      'INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s', q.seqincrement, q.seqmin, q.seqmax, q.seqstart,
      q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END)) END
  FROM pg_attribute a
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_depend o ON o.refclassid = 'pg_class'::regclass AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum
    AND o.classid = 'pg_class'::regclass AND (o.deptype = 'i' AND a.attidentity <> '' OR o.deptype = 'a' AND EXISTS (
      SELECT FROM pg_depend u WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid
        AND u.refclassid = 'pg_class'::regclass AND u.refobjid = o.objid))
  LEFT JOIN pg_sequence q ON q.seqrelid = o.objid
  WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    AND (d.oid IS NOT NULL OR a.attidentity <> '')`;

const comments = `
  SELECT d.objoid, 5, COALESCE(a.attname, ''), json_build_object('kind', 'comment', 'column', a.attname, 'text', d.description)
  FROM pg_description d LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
  WHERE d.classoid = 'pg_class'::regclass AND d.objoid = ANY ($1::oid[])`;

const query = `SELECT n.nspname || '.' || c.relname AS "table", part::text
  FROM (${[indexes, checks, foreignKeys, values, comments].join(' UNION ALL ')}) AS parts
  JOIN pg_class c ON c.oid = parts.oid JOIN pg_namespace n ON n.oid = c.relnamespace
  ORDER BY parts.oid, place, name`;

const find = `SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname || '.' || c.relname = ANY ($1) AND c.relkind IN ('r', 'p')`;

/** What an expression says beside its text is told from that. */
type ReadPart =
  | Exclude<StructurePart, { kind: 'default' }>
  | Omit<Extract<StructurePart, { kind: 'default' }>, 'value'>;

const partOf = (part: ReadPart): StructurePart =>
  part.kind === 'default' ? { ...part, value: defaultValue(part.sql) } : part;

/** What tables have beside columns and key (PostgreSQL manual, "pg_get_indexdef", "pg_get_constraintdef", "pg_get_expr"). */
export const readStructure =
  (tables: readonly string[]) =>
  async (session: PostgresSession, signal?: AbortSignal): Promise<TableStructures> => {
    const doing = 'look at indexes, constraints, defaults and comments';
    const found = await session.query<{ oid: string }>(find, [tables], { signal, doing });
    const oids = found.rows.map(({ oid }) => oid);
    const { rows } = await session.query<{ table: string; part: string }>(query, [oids], { signal, doing });
    const structures = new Map<string, StructurePart[]>(tables.map((table) => [table, []]));
    for (const { table, part } of rows) structures.get(table)?.push(partOf(JSON.parse(part)));
    return structures;
  };
