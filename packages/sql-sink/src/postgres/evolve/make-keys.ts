import { qualifiedName, type Relation } from '@millrace/core';
import { type PostgresSession, quoteIdentifier, quoteQualified } from '@millrace/postgres-client';
import type { TargetNames } from '../../target/target-names.ts';
import { readTargetTables } from '../target/read-target-tables.ts';
import { indexOver, keyColumns } from '../target/target-problems.ts';

/**
 * Makes the keys of tables that lack them and have no rows, inside a transaction that has begun: their sources have got other
 * ones before anything was copied. `written`: in the form in which their rows are written.
 */
export const makeKeys = async (
  session: PostgresSession,
  written: readonly Relation[],
  names: TargetNames,
  signal: AbortSignal,
): Promise<void> => {
  const relations = written.map((relation) => names.of(relation));
  const options = { signal, doing: 'make the keys of target tables' };
  const targets = await readTargetTables(session, relations, signal);
  for (const relation of relations) {
    const [key, target] = [keyColumns(relation), targets.get(qualifiedName(relation))];
    if (key === null || target === undefined || indexOver(target, key) !== null) continue;
    const table = quoteQualified(relation.schema, relation.table);
    const { rows } = await session.query(`SELECT FROM ${table} LIMIT 1`, [], options);
    if (rows.length > 0) continue;
    const list = key.map(({ name }) => quoteIdentifier(name)).join(', ');
    const make =
      target.primaryKey === null
        ? `ALTER TABLE ${table} ADD PRIMARY KEY (${list})`
        : `CREATE UNIQUE INDEX ON ${table} (${list})`;
    await session.query(make, [], options);
  }
};
