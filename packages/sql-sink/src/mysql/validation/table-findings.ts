import { qualifiedName } from '@millrace/core';
import { quoteQualified, type ServerVersion } from '@millrace/mysql-client';
import type { WantedTable } from '../../policies/wanted-table.ts';
import type { MissingColumns } from '../../target/key-columns.ts';
import type { Finding } from '../../validation/report.ts';
import type { Privileges } from '../privileges.ts';
import { targetProblems } from '../target/target-problems.ts';
import type { TargetTable } from '../target/target-table.ts';

/**
 * What writing rows needs. MySQL hides triggers from who may not make any: rows would be put together although one acts on
 * them.
 */
export const rowPrivileges = ({ kind }: ServerVersion): readonly string[] => [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  ...(kind === 'mysql' ? ['TRIGGER'] : []),
];

/** Everything about an existing target table that makes the stream impossible or surprising. */
export const tableFindings = (
  { relation, source }: WantedTable,
  target: TargetTable,
  privileges: Privileges,
  missingColumns: MissingColumns,
  server: ServerVersion,
): readonly Finding[] => {
  const shape = targetProblems(relation, target, missingColumns, source, server);
  const missing = privileges.missing(rowPrivileges(server), target.database, target.table).join(', ');
  if (missing === '') return shape;
  const { account } = privileges;
  return [
    ...shape,
    {
      code: 'PERMISSION_DENIED',
      message: `User ${account} lacks ${missing} on target table ${qualifiedName(relation)}`,
      fix: `GRANT ${missing} ON ${quoteQualified(relation.schema, relation.table)} TO ${account};`,
    },
  ];
};
