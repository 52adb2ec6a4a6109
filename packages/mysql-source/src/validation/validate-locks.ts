import { capturedOperations, qualifiedName, type SelectedTable, type ValidationItem } from '@millrace/core';
import { errnoOf, type MysqlSession, quoteIdentifier, quoteQualified } from '@millrace/mysql-client';
import { failed, listed, passed } from './report.ts';
import type { TableFacts } from './table-facts.ts';

/** The user lacks a privilege in a database. */
export const lacksInDatabase = 1044;

/** There is none, or none that the user may read. */
const noSuchTable = [1146, 1142];

export interface LockChecks {
  readonly user: string;
  readonly requested: readonly SelectedTable[];
  readonly captured: readonly TableFacts[];
  /** Tables are going to be copied. */
  readonly copies: boolean;
}

/** Nobody has such a table: nothing is locked. That it is not there, the server says only to who may lock. */
const mayLock = async (session: MysqlSession, database: string, signal: AbortSignal): Promise<boolean> => {
  const text = `LOCK TABLES ${quoteQualified(database, 'millrace: none of this name')} READ`;
  try {
    await session.query(text, [], { signal, doing: 'look at the privileges of the user' });
  } catch (error) {
    const errno = errnoOf(error) ?? 0;
    if (errno !== lacksInDatabase && !noSuchTable.includes(errno)) throw error;
    return errno !== lacksInDatabase;
  }
  return true;
};

/** The privilege LOCK TABLES, for tables that are copied as they are at one position. */
export const validateLocks = async (
  session: MysqlSession,
  { user, requested, captured, copies }: LockChecks,
  signal: AbortSignal,
): Promise<readonly ValidationItem[]> => {
  if (!copies) return [];
  const code = 'LOCK_TABLES_PRIVILEGE';
  const path = 'tables';
  const isReplayed = (table: TableFacts) =>
    table.ordered && capturedOperations(requested, qualifiedName(table))?.has('update') === true;
  const locked = captured.filter((table) => !isReplayed(table));
  const denied: string[] = [];
  for (const database of new Set(locked.map(({ schema }) => schema)))
    if (!(await mayLock(session, database, signal))) denied.push(database);
  if (denied.length === 0) return [passed(code, path, 'Tables that are locked for their copy may be')];
  const tables = locked.filter(({ schema }) => denied.includes(schema)).map(qualifiedName);
  return [
    failed(code, {
      path,
      message: `${user} lacks the privilege LOCK TABLES, which a copy of tables without a key of whole columns, or whose updates are not captured, needs: ${listed(tables)}`,
      fix: denied.map((database) => `GRANT LOCK TABLES ON ${quoteIdentifier(database)}.* TO ${user};`).join(' '),
    }),
  ];
};
