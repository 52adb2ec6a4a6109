import { qualifiedName, type Relation } from '@millrace/core';
import { quoteIdentifier, type ServerVersion } from '@millrace/mysql-client';
import type { Finding } from '../../validation/report.ts';
import type { Privileges } from '../privileges.ts';
import { rowPrivileges } from './table-findings.ts';

/** What keeps the sink from making the tables that are missing at the target, and from writing to them. */
export const creationFindings = (
  relations: readonly Relation[],
  privileges: Privileges,
  server: ServerVersion,
): readonly Finding[] => {
  const databases = [...new Set(relations.map(({ schema }) => schema))];
  return databases.flatMap((database): readonly Finding[] => {
    const refused = relations
      .filter(({ schema }) => schema === database)
      .map((relation) => ({
        table: qualifiedName(relation),
        missing: privileges.missing(['CREATE', ...rowPrivileges(server)], database, relation.table),
      }))
      .filter(({ missing }) => missing.length > 0);
    const missing = [...new Set(refused.flatMap((each) => each.missing))].join(', ');
    if (missing === '') return [];
    const tables = refused.map(({ table }) => table).join(', ');
    return [
      {
        code: 'PERMISSION_DENIED',
        message: `User ${privileges.account} may not create ${tables}, or not write there: it lacks ${missing}`,
        fix: `GRANT ${missing} ON ${quoteIdentifier(database)}.* TO ${privileges.account};`,
      },
    ];
  });
};
