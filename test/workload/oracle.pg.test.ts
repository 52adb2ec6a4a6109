import { postgresStatements, postgresTables, workloads } from '@millrace/testkit/workload';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { workRelations } from '../../packages/testkit/src/workload/relations.test-support.ts';
import { createDatabase, postgresVersions, sharedPostgres } from '../harness/index.ts';
import { bothRows } from './expected-rows.ts';

const runs = Number(process.env.MILLRACE_TEST_RUNS ?? 30) * 4;

it.each(postgresVersions())(
  'PostgreSQL %s has the rows that a workload says after every transaction',
  async (version) => {
    await using database = await createDatabase(sharedPostgres(version));
    const property = fc.asyncProperty(workloads(workRelations), async ({ relations, transactions }) => {
      await database.query(`ROLLBACK; DROP SCHEMA IF EXISTS work CASCADE; CREATE SCHEMA work;
        ${postgresTables(relations).join(';\n')}`);
      for (const transaction of transactions) {
        await database.query(postgresStatements(transaction).join(';\n'));
        for (const table of transaction.tables.values()) {
          const [found, expected] = await bothRows(database, table);
          expect(found).toEqual(expected);
        }
      }
    });
    await fc.assert(property, { numRuns: runs });
  },
  600_000,
);
