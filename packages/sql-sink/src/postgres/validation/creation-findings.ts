import { qualifiedName, type Relation } from '@millrace/core';
import { type PostgresSession, quoteIdentifier } from '@millrace/postgres-client';
import type { Finding } from '../../validation/report.ts';
import { isTrue } from '../boolean-text.ts';
import { longNameOf } from '../target/long-names.ts';
import { missingTypes } from '../target/prepare-tables.ts';

const query = `SELECT w.schema, quote_ident(current_user) AS role, quote_ident(current_database()) AS database,
  n.oid IS NOT NULL AS found,
  CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE')
       ELSE has_schema_privilege(n.oid, 'CREATE') AND has_schema_privilege(n.oid, 'USAGE') END AS may_create
FROM unnest($1::text[]) AS w(schema) LEFT JOIN pg_namespace n ON n.nspname = w.schema`;

interface SchemaRights {
  readonly schema: string;
  readonly role: string;
  readonly database: string;
  readonly found: string;
  readonly may_create: string;
}

/** What keeps the sink from making the tables that are missing at the target. */
export const creationFindings = async (
  session: PostgresSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const schemas = [...new Set(relations.map(({ schema }) => schema))];
  const doing = 'read the privileges of the role';
  const { rows } = await session.query<SchemaRights>(query, [schemas], { signal, doing });
  const refused = rows
    .filter(({ may_create }) => !isTrue(may_create))
    .map(({ schema, role, database, found }): Finding => {
      const tables = relations.filter((relation) => relation.schema === schema).map(qualifiedName);
      return {
        code: 'PERMISSION_DENIED',
        message: `Role ${role} may not create ${tables.join(', ')}`,
        fix: isTrue(found)
          ? `GRANT CREATE, USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${role};`
          : `GRANT CREATE ON DATABASE ${database} TO ${role};`,
      };
    });
  const unknown = (await missingTypes(session, relations, signal)).map(
    ({ table, column, type }): Finding => ({
      code: 'SCHEMA_MISMATCH',
      message: `${table} cannot be created: the target has no type ${type} for column "${column}"`,
      fix: 'Create the type or install its extension at the target, or create the table yourself.',
    }),
  );
  const long = relations.flatMap((relation): readonly Finding[] => {
    const found = longNameOf(relation);
    return found === undefined ? [] : [{ code: 'NAME_TOO_LONG', ...found }];
  });
  return [...refused, ...unknown, ...long];
};
