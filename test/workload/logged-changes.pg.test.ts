import type { Change, ChangeBatch } from '@millrace/core';
import {
  changeBatches,
  postgresStatements,
  postgresTables,
  workloadKinds,
  workloads,
} from '@millrace/testkit/workload';
import fc from 'fast-check';
import { escapeIdentifier } from 'pg';
import { expect, it } from 'vitest';
import { nextBatch, StreamDriver } from '../../packages/postgres-source/src/stream-driver.test-support.ts';
import { workRelations } from '../../packages/testkit/src/workload/relations.test-support.ts';
import { createDatabase, postgresVersions, sharedPostgres, uniqueName } from '../harness/index.ts';

// Of a shape that changes a log says more or less than a batch does.
const kinds = workloadKinds.filter((kind) => kind !== 'schema-change');
const runs = Number(process.env.MILLRACE_TEST_RUNS ?? 30);

/** The changes of each transaction, up to the marker with this number. */
const readTo = async (batches: AsyncIterator<ChangeBatch>, marker: number): Promise<readonly (readonly Change[])[]> => {
  const transactions = new Map<string, Change[]>();
  for (;;) {
    for (const given of (await nextBatch(batches)).changes) {
      const change = given as Change;
      if (change.table === 'public.markers' && change.after?.n === marker) return [...transactions.values()];
      const id = change.transaction?.id ?? '';
      transactions.set(id, [...(transactions.get(id) ?? []), change]);
    }
  }
};

/** What a log may also say: a value that an update did not set, where it lies in the row itself. */
const asFarAs = (change: Change, said: Record<string, unknown> | null): Record<string, unknown> | null =>
  change.after === null || said === null
    ? said
    : Object.fromEntries(Object.entries(said).filter(([name]) => name in (change.after ?? {})));

const facts = ({ op, table, sequence, before }: Change, after: Record<string, unknown> | null) => ({
  op,
  table,
  sequence,
  before,
  after,
});

it.each(postgresVersions())(
  'the log of PostgreSQL %s says of a workload what its batches say',
  async (version) => {
    await using database = await createDatabase(sharedPostgres(version));
    await database.query(`CREATE SCHEMA work; ${postgresTables(workRelations).join(';\n')};
      CREATE TABLE markers (n integer); CREATE PUBLICATION p FOR ALL TABLES`);
    await using driver = new StreamDriver({ connection: database.url, slot: uniqueName('slot'), publication: 'p' });
    const batches = driver.read(await driver.start());
    let marker = 0;
    const read = async () => {
      await database.query('INSERT INTO markers VALUES ($1)', [++marker]);
      return readTo(batches, marker);
    };
    const names = workRelations.map(({ schema, table }) => `${schema}.${escapeIdentifier(table)}`);
    const property = fc.asyncProperty(workloads(workRelations, { kinds }), async ({ transactions }) => {
      await database.query(`ROLLBACK; TRUNCATE ${names.join(', ')}`);
      await read();
      for (const transaction of transactions) await database.query(postgresStatements(transaction).join(';\n'));
      const said = transactions
        .map((transaction) => changeBatches(transaction).flatMap((batch) => [...batch.changes] as Change[]))
        .filter((changes) => changes.length > 0);
      const logged = await read();
      expect(logged.length).toBe(said.length);
      for (const [at, changes] of said.entries()) {
        const others = logged[at] ?? [];
        expect(others.map((change, index) => facts(change, asFarAs(changes[index] ?? change, change.after)))).toEqual(
          changes.map((change) => facts(change, change.after)),
        );
      }
    });
    await fc.assert(property, { numRuns: runs });
  },
  600_000,
);
