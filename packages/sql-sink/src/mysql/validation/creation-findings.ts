import { qualifiedName, type Relation } from '@millrace/core';
import { quoteIdentifier, type ServerVersion } from '@millrace/mysql-client';
import { makesForeignKeys, makesStructure, type StructureOption } from '../../structure/structure-option.ts';
import type { Finding } from '../../validation/report.ts';
import type { Privileges } from '../privileges.ts';
import { rowPrivileges } from './table-findings.ts';

interface Refused {
  readonly database: string;
  /** Of these tables. */
  readonly tables: string;
  readonly missing: string;
}

/** Which privileges are missing on tables, by database. */
const refusedIn = (
  relations: readonly Relation[],
  needed: readonly string[],
  privileges: Privileges,
): readonly Refused[] => {
  const databases = [...new Set(relations.map(({ schema }) => schema))];
  return databases.flatMap((database) => {
    const refused = relations
      .filter(({ schema }) => schema === database)
      .map((relation) => ({
        table: qualifiedName(relation),
        missing: privileges.missing(needed, database, relation.table),
      }))
      .filter(({ missing }) => missing.length > 0);
    const missing = [...new Set(refused.flatMap((each) => each.missing))].join(', ');
    return missing === '' ? [] : [{ database, tables: refused.map(({ table }) => table).join(', '), missing }];
  });
};

const fixOf = ({ database, missing }: Refused, { account }: Privileges): string =>
  `GRANT ${missing} ON ${quoteIdentifier(database)}.* TO ${account};`;

/** What keeps the sink from making the tables that are missing at the target, and from writing to them. */
export const creationFindings = (
  relations: readonly Relation[],
  privileges: Privileges,
  server: ServerVersion,
): readonly Finding[] =>
  refusedIn(relations, ['CREATE', ...rowPrivileges(server)], privileges).map((refused) => ({
    code: 'PERMISSION_DENIED',
    message: `User ${privileges.account} may not create ${refused.tables}, or not write there: it lacks ${refused.missing}`,
    fix: fixOf(refused, privileges),
  }));

/** What keeps the sink from making what tables have at the source beside columns and key: they would go without. */
export const structureFindings = (
  relations: readonly Relation[],
  option: StructureOption,
  privileges: Privileges,
): readonly Finding[] => {
  const needed = makesStructure(option) ? ['ALTER', ...(makesForeignKeys(option) ? ['REFERENCES'] : [])] : [];
  return refusedIn(relations, needed, privileges).map((refused) => ({
    code: 'PERMISSION_DENIED',
    level: 'warning',
    path: 'sink.structure',
    message: `${refused.tables} would go without structure: user ${privileges.account} lacks ${refused.missing}`,
    fix: fixOf(refused, privileges),
  }));
};
