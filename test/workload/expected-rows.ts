import type { Relation } from '@millrace/core';
import type { WorkloadTable } from '@millrace/testkit/workload';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { rowTexts } from '../../packages/testkit/src/workload/row-texts.ts';
import type { TestDatabase } from '../harness/index.ts';

type Texts = readonly string[];

const found = ({ schema, table, columns }: Relation): string =>
  `SELECT ROW(${columns.map(({ name }) => escapeIdentifier(name)).join(', ')})::text FROM ${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;

/** In the words of the server, as it prints its own rows. */
const expected = ({ relation, rows }: WorkloadTable): string => {
  const types = new Map(relation.columns.map(({ name, native }) => [name, native]));
  const selects = rows.map((row) => {
    const values = [...rowTexts(relation, row)].map(([name, text]) => {
      const value = text === null ? 'NULL' : escapeLiteral(text);
      return `${value}::${types.get(name)}`;
    });
    return `SELECT ROW(${values.join(', ')})::text`;
  });
  return selects.join(' UNION ALL ') || 'SELECT NULL WHERE false';
};

const texts = async (database: TestDatabase, select: string): Promise<Texts> => {
  const rows = await database.query<{ row: string }>(
    `SELECT row COLLATE "C" AS row FROM (${select}) t (row) ORDER BY 1`,
  );
  return rows.map(({ row }) => row);
};

/** The rows that a table has and those it should have, in one order. */
export const bothRows = async (database: TestDatabase, table: WorkloadTable): Promise<readonly [Texts, Texts]> => [
  await texts(database, found(table.relation)),
  await texts(database, expected(table)),
];
