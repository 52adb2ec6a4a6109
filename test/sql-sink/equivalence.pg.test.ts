import type { Change } from '@millrace/core';
import { MillraceError } from '@millrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PostgresSinkOptions } from '../../packages/sql-sink/src/postgres/postgres-sink-options.ts';
import type { TestTransaction } from '../../packages/sql-sink/src/postgres/testing/changes.ts';
import { SinkUnderTest } from '../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
import { createDatabase, sharedPostgres, type TestDatabase } from '../harness/index.ts';
import { SourceModel, type Step, step, tablesOf, targetTables } from './history.ts';

const runs = Number(process.env.MILLRACE_TEST_RUNS ?? 30);

/** What arrives together: several transactions as a group, or one in parts. */
interface Delivery {
  readonly transactions: readonly (readonly Step[])[];
  /** The first transaction is delivered in parts of so many changes; 0: as a group. */
  readonly part: number;
  /** What somebody else does to the target before it. */
  readonly drift: string | null;
}

const drifts = [
  'DELETE FROM $.accounts WHERE id = (SELECT min(id) FROM $.accounts)',
  'DELETE FROM $.entries WHERE ctid = (SELECT min(ctid) FROM $.entries)',
  'DELETE FROM $.orders WHERE line = 1',
  "INSERT INTO $.accounts VALUES (4, NULL, NULL, 'drift') ON CONFLICT DO NOTHING",
  "INSERT INTO $.accounts VALUES (5, 'e1', NULL, 'drift') ON CONFLICT DO NOTHING",
  "INSERT INTO $.orders VALUES (1, 2, DEFAULT, 'drift') ON CONFLICT DO NOTHING",
];

const delivery = (drifting: boolean): fc.Arbitrary<Delivery> =>
  fc.record({
    transactions: fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
    part: fc.constantFrom(0, 0, 1, 3, 7),
    drift: drifting ? fc.option(fc.constantFrom(...drifts)) : fc.constant(null),
  });

const rowsIn = async (database: TestDatabase, schema: string) => {
  const result: Record<string, unknown[]> = {};
  for (const table of Object.keys(tablesOf(schema))) {
    const rows = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${schema}.${table} t ORDER BY 1`);
    result[table] = rows.map(({ row }) => row);
  }
  return result;
};

/** Order of rows and columns aside. */
const sorted = (rows: readonly object[]): readonly string[] =>
  rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();

/** Delivers like a stream: a retryable error opens the sink again and repeats. Returns the code of any other error. */
const deliver = async (
  sink: SinkUnderTest,
  transactions: readonly TestTransaction[],
  { part }: Delivery,
  position: string,
): Promise<string | null> => {
  const attempt = async () => {
    const all = transactions.flatMap(({ changes }) => changes);
    const [first] = transactions;
    if (part === 0 || first === undefined) return sink.write(all, position);
    let rest: readonly Change[] = first.changes;
    for (; rest.length > part; rest = rest.slice(part)) await sink.writePart(rest.slice(0, part), first);
    await sink.write(rest, `${position}a`);
    await sink.write(
      transactions.slice(1).flatMap(({ changes }) => changes),
      position,
    );
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
      if (sink.checkpoint.position !== before)
        return deliver(sink, transactions.slice(1), { part: 0, transactions: [], drift: null }, position);
    }
  }
  throw new Error('Retried without end');
};

const check = (database: TestDatabase, drifting: boolean) =>
  fc.asyncProperty(
    fc.array(delivery(drifting), { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 8 }),
    fc.constantFrom<'overwrite' | 'error'>('overwrite', 'overwrite', 'error'),
    fc.constantFrom<'insert' | 'error' | 'skip'>('insert', 'insert', 'error', 'skip'),
    async (deliveries, messageStatements, conflict, missingRow) => {
      await database.query('DROP SCHEMA IF EXISTS fast, slow, fast_checkpoints, slow_checkpoints CASCADE');
      const sinks = await Promise.all(
        (['fast', 'slow'] as const).map(async (schema) => {
          await database.query(targetTables(schema));
          const options: PostgresSinkOptions = {
            connection: database.url,
            schema: `${schema}_checkpoints`,
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
          await sink.open({ relations: Object.values(tablesOf(schema)) });
          return { schema, sink, model: new SourceModel(schema), error: null as string | null };
        }),
      );
      try {
        for (const [at, one] of deliveries.entries()) {
          for (const target of sinks) {
            if (one.drift !== null) await database.query('SET session_replication_role = replica');
            if (one.drift !== null) await database.query(one.drift.replaceAll('$', target.schema));
            const transactions = one.transactions.map((steps, number) => target.model.run(`${at}.${number}`, steps));
            target.error = await deliver(target.sink, transactions, one, String(at).padStart(4, '0'));
          }
          const [fast, slow] = sinks;
          // What a fold leaves out may have met a row that is not the stream's.
          if (drifting && slow?.error !== null) return;
          expect(fast?.error).toBe(slow?.error);
          expect(await rowsIn(database, 'fast')).toEqual(await rowsIn(database, 'slow'));
          if (fast?.error !== null) return;
        }
        if (drifting) return;
        for (const { sink, schema, model } of sinks) {
          expect(sink.events.filter(({ type }) => type === 'conflict')).toEqual([]);
          for (const { table, columns } of Object.values(tablesOf(schema))) {
            const names = columns.map(({ name }) => `${name}::text`).join(', ');
            const found = await database.query(`SELECT ${names} FROM ${schema}.${table}`);
            expect(sorted(found)).toEqual(sorted(model.rows[table as Step['table']]));
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
