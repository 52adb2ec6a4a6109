import { qualifiedName, type Relation } from '@millrace/core';
import { quoteIdentifier, quoteQualified, type ScriptSession } from '@millrace/mysql-client';
import { keyColumns } from '../../target/key-columns.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { readTargetTables } from '../target/read-target-tables.ts';
import { indexOver } from '../target/target-problems.ts';

/**
 * Makes the keys of tables that lack them and have no rows: their sources have got other ones before anything was copied.
 * `written`: in the form in which their rows are written. Done again it does nothing. While it runs, the session holds the
 * lock of the connection that writes.
 */
export const makeKeys = async (
  session: ScriptSession,
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
    const rows = await session.query(`SELECT 1 FROM ${table} LIMIT 1`, [], options);
    if (rows.length > 0) continue;
    const list = key.map(({ name }) => quoteIdentifier(name)).join(', ');
    const isFree = target.uniqueIndexes.every(({ name }) => name !== 'PRIMARY');
    await session.script([`ALTER TABLE ${table} ADD ${isFree ? 'PRIMARY KEY' : 'UNIQUE INDEX'} (${list})`], options);
  }
};
