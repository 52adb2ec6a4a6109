import { type Change, type ChangeBatch, MillraceError, qualifiedName, type Relation } from '@millrace/core';
import {
  changeBatches,
  type Workload,
  type WorkloadTransaction,
  workloadKinds,
  workloads,
} from '@millrace/testkit/workload';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PostgresSinkOptions } from '../../packages/sql-sink/src/postgres/postgres-sink-options.ts';
import { SinkUnderTest } from '../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
import { rowTexts } from '../../packages/testkit/src/workload/row-texts.ts';
import { createDatabase, sharedPostgres, type TestDatabase } from '../harness/index.ts';
import { tables, targetTables, values } from './equivalence-tables.ts';

const runs = Number(process.env.MILLRACE_TEST_RUNS ?? 30);

/** How the next transactions of a workload arrive. */
interface Arrival {
  /** So many as one group. */
  readonly transactions: number;
  /** The first of them comes in parts of so many changes; 0: in the group. */
  readonly part: number;
  /** What somebody else does to the target before it. */
  readonly drift: string | null;
}

const drifts = [
  'DELETE FROM $.accounts WHERE id = (SELECT min(id) FROM $.accounts)',
  'DELETE FROM $.entries WHERE ctid = (SELECT min(ctid) FROM $.entries)',
  'DELETE FROM $.orders WHERE line = 1',
  "INSERT INTO $.accounts VALUES (4, NULL, NULL, 'drift') ON CONFLICT DO NOTHING",
  "INSERT INTO $.accounts VALUES (5, 'k1', NULL, 'drift') ON CONFLICT DO NOTHING",
  "INSERT INTO $.orders VALUES (1, 2, DEFAULT, 'drift') ON CONFLICT DO NOTHING",
];

const arrival = (drifting: boolean): fc.Arbitrary<Arrival> =>
  fc.record({
    transactions: fc.integer({ min: 1, max: 4 }),
    part: fc.constantFrom(0, 0, 1, 3, 7),
    drift: drifting ? fc.option(fc.constantFrom(...drifts)) : fc.constant(null),
  });

/** The tables change their shapes elsewhere. */
const workload = workloads(tables, {
  kinds: workloadKinds.filter((kind) => kind !== 'schema-change'),
  transactions: 12,
  stepRows: 10,
  values,
});

interface Delivery extends Arrival {
  readonly batches: readonly ChangeBatch[];
}

/** Arrivals repeat until the workload has arrived. */
const deliveriesOf = ({ transactions }: Workload, arrivals: readonly Arrival[]): readonly Delivery[] => {
  const deliveries: Delivery[] = [];
  for (let at = 0; at < transactions.length; ) {
    const next = arrivals[deliveries.length % arrivals.length];
    if (next === undefined) break;
    const group = transactions.slice(at, at + next.transactions);
    deliveries.push({ ...next, batches: group.flatMap((transaction) => changeBatches(transaction)) });
    at += next.transactions;
  }
  return deliveries;
};

const rowsIn = async (database: TestDatabase, schema: string) => {
  const result: Record<string, unknown[]> = {};
  for (const { table } of tables) {
    const rows = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${schema}.${table} t ORDER BY 1`);
    result[table] = rows.map(({ row }) => row);
  }
  return result;
};

/** Order of rows and columns aside. */
const sorted = (rows: readonly object[]): readonly string[] =>
  rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();

const changesOf = (batches: readonly ChangeBatch[]) => batches.flatMap(({ changes }) => [...changes] as Change[]);

/** Delivers like a stream: a retryable error opens the sink again and repeats. Returns the code of any other error. */
const deliver = async (
  sink: SinkUnderTest,
  { part, batches }: Pick<Delivery, 'part' | 'batches'>,
  position: string,
): Promise<string | null> => {
  const attempt = async () => {
    let rest: readonly Change[] = changesOf(batches.slice(0, 1));
    const transaction = rest[0]?.transaction;
    if (part === 0 || transaction === null || transaction === undefined)
      return sink.write(changesOf(batches), position);
    for (; rest.length > part; rest = rest.slice(part)) await sink.writePart(rest.slice(0, part), transaction);
    await sink.write(rest, `${position}a`);
    await sink.write(changesOf(batches.slice(1)), position);
  };
  for (let attempts = 0; attempts < 5; attempts++) {
    const before = sink.checkpoint.position;
    try {
      await attempt();
      return null;
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      await sink.reopen();
      if (error.recovery !== 'retry') return error.code;
      // The first transaction may be in already.
      if (sink.checkpoint.position !== before) return deliver(sink, { part: 0, batches: batches.slice(1) }, position);
    }
  }
  throw new Error('Retried without end');
};

/** As texts, in no order. */
const rowsOf = ({ tables: after }: WorkloadTransaction, relation: Relation) =>
  (after.get(qualifiedName(relation))?.rows ?? []).map((row) => Object.fromEntries(rowTexts(relation, row)));

const check = (database: TestDatabase, drifting: boolean) =>
  fc.asyncProperty(
    workload,
    fc.array(arrival(drifting), { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 8 }),
    fc.constantFrom<'overwrite' | 'error'>('overwrite', 'overwrite', 'error'),
    fc.constantFrom<'insert' | 'error' | 'skip'>('insert', 'insert', 'error', 'skip'),
    async (given, arrivals, messageStatements, conflict, missingRow) => {
      await database.query('DROP SCHEMA IF EXISTS fast, slow, fast_checkpoints, slow_checkpoints CASCADE');
      const sinks = await Promise.all(
        (['fast', 'slow'] as const).map(async (schema) => {
          await database.query(targetTables(schema));
          const options: PostgresSinkOptions = {
            connection: database.url,
            schema: `${schema}_checkpoints`,
            targetSchema: schema,
            conflict,
            missingRow,
          };
          const limits = {
            messageStatements,
            preparedStatements: 3,
            stagingTables: 2,
            stagedRows: 1 + (messageStatements % 3),
            alwaysSequentially: schema === 'slow',
          };
          const sink = new SinkUnderTest(options, limits, schema);
          await sink.open({ relations: tables });
          return { schema, sink, error: null as string | null };
        }),
      );
      try {
        for (const [at, one] of deliveriesOf(given, arrivals).entries()) {
          for (const target of sinks) {
            if (one.drift !== null) await database.query('SET session_replication_role = replica');
            if (one.drift !== null) await database.query(one.drift.replaceAll('$', target.schema));
            target.error = await deliver(target.sink, one, String(at).padStart(4, '0'));
          }
          const [fast, slow] = sinks;
          // What a fold leaves out may have met a row that is not the stream's.
          if (drifting && slow?.error !== null) return;
          expect(fast?.error).toBe(slow?.error);
          expect(await rowsIn(database, 'fast')).toEqual(await rowsIn(database, 'slow'));
          if (fast?.error !== null) return;
        }
        const last = given.transactions.at(-1);
        if (drifting || last === undefined) return;
        for (const { sink, schema } of sinks) {
          expect(sink.events.filter(({ type }) => type === 'conflict')).toEqual([]);
          for (const relation of tables) {
            const { table, columns } = relation;
            const names = columns.map(({ name }) => `${name}::text`).join(', ');
            const found = await database.query(`SELECT ${names} FROM ${schema}.${table}`);
            expect(sorted(found)).toEqual(sorted(rowsOf(last, relation)));
          }
        }
      } finally {
        for (const { sink } of sinks) await sink.sink.close();
      }
    },
  );

it('leaves the same rows as one change at a time, where only the stream writes', async () => {
  await using database = await createDatabase(sharedPostgres());
  await fc.assert(check(database, false), { numRuns: runs });
}, 600_000);

it('leaves the same rows as one change at a time, where somebody else writes too', async () => {
  await using database = await createDatabase(sharedPostgres());
  await fc.assert(check(database, true), { numRuns: runs });
}, 600_000);
