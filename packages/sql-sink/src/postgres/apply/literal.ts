import { qualifiedName, type Relation } from '@millrace/core';
import { postgresErrorOf, quoteLiteral } from '@millrace/postgres-client';
import type { Text } from '../../apply/text.ts';
import type { PlannedColumn } from '../target/table-plan.ts';

/** An SQL constant. It takes its type from where it stands. */
export const literal = (value: Text): string => (value === null ? 'NULL' : quoteLiteral(value));

/** An SQL constant of exactly the column's type, whatever stands around it. */
export const typedLiteral = (value: Text, { type }: PlannedColumn): string => `CAST(${literal(value)} AS ${type})`;

/**
 * The zero character ends a message to the server, and PostgreSQL's text cannot hold it. Throws `VALUE_REJECTED`
 * naming table and column.
 */
export const checkText = (value: string, relation: Relation, column: Pick<PlannedColumn, 'name'>): string => {
  if (!value.includes('\0')) return value;
  const table = qualifiedName(relation);
  throw postgresErrorOf(
    'VALUE_REJECTED',
    `A value of ${table}.${column.name} contains the character U+0000, which PostgreSQL cannot store`,
    { details: { table, column: column.name } },
  );
};
