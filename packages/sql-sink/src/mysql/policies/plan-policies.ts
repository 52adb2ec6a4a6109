import { qualifiedName, type Relation, type SchemaPlan } from '@millrace/core';
import { quoteQualified, type ScriptSession } from '@millrace/mysql-client';
import { existenceProblems, type PolicyProblem } from '../../policies/policy-problem.ts';
import type { WantedTable } from '../../policies/wanted-table.ts';
import { type Privileges, readPrivileges } from '../privileges.ts';
import { createTable } from '../target/create-table.ts';
import { tablesWithRows } from '../target/tables-with-rows.ts';
import type { TargetTable } from '../target/target-table.ts';
import { readReferences } from './references.ts';

export interface PolicyPlan extends SchemaPlan {
  readonly problems: readonly PolicyProblem[];
  /** The tables that will not be there any more, by their names at the target. */
  readonly dropped: ReadonlySet<string>;
}

/** An existing table of the target that a policy acts on. */
interface Existing extends WantedTable {
  readonly target: TargetTable;
}

const quoted = ({ schema, table }: Relation): string => quoteQualified(schema, table);

const isTable = ({ target }: Existing): boolean => target.kind === 'BASE TABLE' || target.kind === 'SYSTEM VERSIONED';

const refused = (
  { relation, schemaPolicy, target }: Existing,
  privileges: Privileges,
  references: ReadonlyMap<string, readonly string[]>,
): readonly PolicyProblem[] => {
  const table = qualifiedName(relation);
  const isDropped = schemaPolicy === 'drop-and-recreate';
  const path = isDropped ? 'sink.schemaPolicy' : 'sink.existingRows';
  const { account } = privileges;
  // A table with a history of its rows is emptied by DELETE.
  if (target.kind === 'BASE TABLE' || isDropped) {
    const missing = privileges.missing(['DROP'], target.database, target.table);
    if (missing.length > 0) {
      const message = `User ${account} may not ${isDropped ? 'drop' : 'truncate'} target table ${table}: it lacks DROP`;
      return [
        { code: 'PERMISSION_DENIED', table, path, message, fix: `GRANT DROP ON ${quoted(relation)} TO ${account};` },
      ];
    }
  }
  const needed = references.get(`${target.database}.${target.table}`) ?? [];
  if (needed.length === 0) return [];
  const message = `Target table ${table} cannot be dropped: ${needed.slice(0, 10).join(', ')} ${needed.length === 1 ? 'depends' : 'depend'} on it`;
  const fix = 'Drop what depends on it, and make it again once the table is live.';
  return [{ code: 'TARGET_TABLE_HAS_DEPENDENTS', table, path, message, fix }];
};

const emptying = ({ relation, target }: Existing): SchemaPlan['statements'][number] => ({
  table: qualifiedName(relation),
  kind: 'truncate-table',
  sql: target.kind === 'SYSTEM VERSIONED' ? `DELETE FROM ${quoted(relation)}` : `TRUNCATE TABLE ${quoted(relation)}`,
});

const notATable = ({ relation }: Existing): PolicyProblem => {
  const table = qualifiedName(relation);
  const message = `Target ${table} is not a table`;
  return { code: 'TARGET_TABLE_UNSUITABLE', table, path: 'sink.schemaPolicy', message, fix: null };
};

/**
 * What the policies of these tables lead to: what they refuse, and what has to be run before tables are made. Foreign keys
 * do not hinder it in sessions of the sink. Each statement may be run again.
 */
export const planPolicies = async (
  session: ScriptSession,
  wanted: readonly WantedTable[],
  targets: ReadonlyMap<string, TargetTable>,
  signal: AbortSignal,
): Promise<PolicyPlan> => {
  const problems = wanted.flatMap((table) =>
    existenceProblems(table, targets.has(qualifiedName(table.relation)), {
      create: () => createTable(table.relation),
      drop: () => `DROP TABLE ${quoted(table.relation)}`,
    }),
  );
  const due = wanted.flatMap((table): Existing[] => {
    const target = table.isDue ? targets.get(qualifiedName(table.relation)) : undefined;
    return target === undefined ? [] : [{ ...table, target }];
  });
  const named = due.filter(({ schemaPolicy }) => schemaPolicy === 'drop-and-recreate');
  const dropped = named.filter(isTable);
  const loaded = due.filter(
    (table) =>
      table.schemaPolicy !== 'drop-and-recreate' && table.existingRows === 'truncate-and-load' && isTable(table),
  );
  if (named.length + loaded.length === 0) return { problems, dropped: new Set(), statements: [] };
  const privileges = await readPrivileges(session, signal);
  const isReadable = ({ target }: Existing) =>
    privileges.missing(['SELECT'], target.database, target.table).length === 0;
  const emptied = await tablesWithRows(session, loaded.filter(isReadable), signal);
  const references = await readReferences(
    session,
    dropped.map(({ target }) => target),
    signal,
  );
  const drop = {
    table: dropped.map(({ relation }) => qualifiedName(relation)).join(', '),
    kind: 'drop-table',
    sql: `DROP TABLE IF EXISTS ${dropped.map(({ relation }) => quoted(relation)).join(', ')}`,
  };
  return {
    problems: [
      ...problems,
      ...named.filter((table) => !isTable(table)).map(notATable),
      ...[...dropped, ...emptied].flatMap((table) => refused(table, privileges, references)),
    ],
    dropped: new Set(named.map(({ relation }) => qualifiedName(relation))),
    statements: [...(dropped.length > 0 ? [drop] : []), ...emptied.map(emptying)],
  };
};
