import { qualifiedName, type Relation, type SchemaPlan } from '@millrace/core';
import { type PostgresSession, quoteQualified } from '@millrace/postgres-client';
import { existenceProblems, type PolicyProblem } from '../../policies/policy-problem.ts';
import type { WantedTable } from '../../policies/wanted-table.ts';
import { isTrue } from '../boolean-text.ts';
import { createTable } from '../target/create-table.ts';
import type { TargetTable } from '../target/target-table.ts';
import { type Dependents, readDependents, readReferences } from './dependents.ts';

export interface PolicyPlan extends SchemaPlan {
  readonly problems: readonly PolicyProblem[];
  /** The tables that will not be there any more, by their names at the target. */
  readonly dropped: ReadonlySet<string>;
}

/** An existing table of the target that a policy acts on. */
interface Existing extends WantedTable {
  readonly oid: string;
  readonly kind: string;
}

interface Rights {
  readonly oid: string;
  readonly role: string;
  readonly may_drop: string;
  readonly may_truncate: string;
  readonly may_read: string;
}

const rightsQuery = `SELECT c.oid, quote_ident(current_user) AS role,
  pg_has_role(c.relowner, 'USAGE') OR pg_has_role(n.nspowner, 'USAGE') AS may_drop,
  has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'TRUNCATE') AS may_truncate,
  has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS may_read
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY($1::oid[])`;

const quoted = ({ schema, table }: Relation): string => quoteQualified(schema, table);
const names = (tables: readonly WantedTable[]): string =>
  tables.map(({ relation }) => qualifiedName(relation)).join(', ');

const existence = (wanted: WantedTable, exists: boolean): readonly PolicyProblem[] =>
  existenceProblems(wanted, exists, {
    create: () => createTable(wanted.relation),
    drop: () => `DROP TABLE ${quoted(wanted.relation)}`,
  });

const refused = (
  tables: readonly Existing[],
  what: 'drop' | 'truncate',
  rights: ReadonlyMap<string, Rights>,
  dependents: Dependents,
): readonly PolicyProblem[] => {
  const path = what === 'drop' ? 'sink.schemaPolicy' : 'sink.existingRows';
  return tables.flatMap(({ relation, oid, kind }) => {
    const table = qualifiedName(relation);
    const problem = (code: PolicyProblem['code'], message: string, fix: string | null) => [
      { code, table, path, message, fix } as const,
    ];
    if (kind !== 'r' && kind !== 'p') return problem('TARGET_TABLE_UNSUITABLE', `Target ${table} is not a table`, null);
    const own = rights.get(oid);
    const role = own?.role ?? '';
    if (what === 'drop' && !isTrue(own?.may_drop ?? null))
      return problem(
        'PERMISSION_DENIED',
        `Role ${role} may not drop target table ${table}: it is not its owner`,
        `ALTER TABLE ${quoted(relation)} OWNER TO ${role};`,
      );
    if (what === 'truncate' && !isTrue(own?.may_truncate ?? null))
      return problem(
        'PERMISSION_DENIED',
        `Role ${role} lacks TRUNCATE on target table ${table}`,
        `GRANT TRUNCATE ON ${quoted(relation)} TO ${role};`,
      );
    const needed = dependents.get(oid) ?? [];
    if (needed.length === 0) return [];
    return problem(
      'TARGET_TABLE_HAS_DEPENDENTS',
      `Target table ${table} cannot be ${what === 'drop' ? 'dropped' : 'truncated'}: ${needed.slice(0, 10).join(', ')} ${needed.length === 1 ? 'depends' : 'depend'} on it`,
      'Drop what depends on it, and make it again once the table is live.',
    );
  });
};

/** Whether one of these tables holds a row. */
const holdRows = async (
  session: PostgresSession,
  tables: readonly Existing[],
  signal: AbortSignal,
): Promise<boolean> => {
  if (tables.length === 0) return false;
  const any = tables.map(({ relation }) => `EXISTS (SELECT FROM ${quoted(relation)})`).join(' OR ');
  const doing = 'look for rows at the target';
  const { rows } = await session.query<{ found: string }>(`SELECT ${any} AS found`, [], { signal, doing });
  return isTrue(rows[0]?.found ?? null);
};

/**
 * What the policies of these tables lead to: what they refuse, and what has to be run before tables are made. Tables are
 * dropped, and emptied, together: they may refer to each other.
 */
export const planPolicies = async (
  session: PostgresSession,
  wanted: readonly WantedTable[],
  targets: ReadonlyMap<string, TargetTable>,
  signal: AbortSignal,
): Promise<PolicyPlan> => {
  const problems = wanted.flatMap((table) => existence(table, targets.has(qualifiedName(table.relation))));
  const due = wanted.flatMap((table): Existing[] => {
    const target = table.isDue ? targets.get(qualifiedName(table.relation)) : undefined;
    return target === undefined ? [] : [{ ...table, oid: target.oid, kind: target.kind }];
  });
  const dropped = due.filter(({ schemaPolicy }) => schemaPolicy === 'drop-and-recreate');
  const emptied = due.filter(
    ({ schemaPolicy, existingRows, kind }) =>
      schemaPolicy !== 'drop-and-recreate' && existingRows === 'truncate-and-load' && (kind === 'r' || kind === 'p'),
  );
  const none = { problems, dropped: new Set<string>(), statements: [] };
  if (dropped.length + emptied.length === 0) return none;
  const doing = 'read the privileges of the role';
  const oids = [...dropped, ...emptied].map(({ oid }) => oid);
  const { rows } = await session.query<Rights>(rightsQuery, [oids], { signal, doing });
  const rights = new Map(rows.map((row) => [row.oid, row]));
  const droppedOids = dropped.map(({ oid }) => oid);
  const mayRead = emptied.filter(({ oid }) => isTrue(rights.get(oid)?.may_read ?? null));
  const truncated = (await holdRows(session, mayRead, signal)) ? emptied : [];
  const truncatedOids = truncated.map(({ oid }) => oid);
  const statements: SchemaPlan['statements'][number][] = [];
  if (dropped.length > 0)
    statements.push({
      table: names(dropped),
      kind: 'drop-table',
      sql: `DROP TABLE ${dropped.map(({ relation }) => quoted(relation)).join(', ')}`,
    });
  if (truncated.length > 0)
    statements.push({
      table: names(truncated),
      kind: 'truncate-table',
      sql: `TRUNCATE ${truncated.map(({ relation, kind }) => `${kind === 'p' ? '' : 'ONLY '}${quoted(relation)}`).join(', ')}`,
    });
  return {
    problems: [
      ...problems,
      ...refused(dropped, 'drop', rights, await readDependents(session, droppedOids, signal)),
      ...refused(truncated, 'truncate', rights, await readReferences(session, truncatedOids, droppedOids, signal)),
    ],
    dropped: new Set(dropped.map(({ relation }) => qualifiedName(relation))),
    statements,
  };
};
