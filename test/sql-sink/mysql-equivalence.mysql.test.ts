import type { Change, Relation } from '@millrace/core';
import { changeBatches, type Workload, workloadKinds, workloads } from '@millrace/testkit/workload';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sinkInto } from '../../packages/sql-sink/src/mysql/testing/apply-paths.ts';
import { relationOf } from '../../packages/sql-sink/src/testing/changes.ts';
import { createMysqlDatabase, type MysqlTestDatabase, mysqlNames, sharedMysql } from '../harness/index.ts';
import { tables as common, values } from './equivalence-tables.ts';

const runs = Number(process.env.MILLRACE_TEST_RUNS ?? 8);

const names = relationOf({ table: 'names', columns: ['name text!', 'n integer', 'note text'], key: ['name'] });
const tables: readonly Relation[] = [...common, names];

const createTables = (collation: string) => `
  CREATE TABLE accounts (id bigint PRIMARY KEY, email varchar(100) COLLATE ${collation} UNIQUE,
    code varchar(100) COLLATE ${collation} UNIQUE, note longtext, parent bigint);
  CREATE TABLE entries (amount longtext, label longtext, payload longtext);
  CREATE TABLE orders (number bigint, line int, serial bigint UNIQUE, text longtext, extra varchar(9) DEFAULT 'kept',
    PRIMARY KEY (number, line));
  CREATE TABLE names (name varchar(100) COLLATE ${collation} PRIMARY KEY, n bigint, note longtext)`;

/** The tables change their shapes elsewhere. */
const workload = workloads(tables, {
  kinds: workloadKinds.filter((kind) => kind !== 'schema-change'),
  transactions: 12,
  stepRows: 10,
  values,
});

/** The changes of so many transactions at a time; the numbers repeat. */
const groupsOf = ({ transactions }: Workload, sizes: readonly number[]): readonly (readonly Change[])[] => {
  const groups: Change[][] = [];
  for (let at = 0; at < transactions.length; ) {
    const size = sizes[groups.length % sizes.length] ?? 1;
    const batches = transactions.slice(at, at + size).flatMap((transaction) => changeBatches(transaction));
    groups.push(batches.flatMap(({ changes }) => [...changes]));
    at += size;
  }
  return groups;
};

const rowsIn = async (database: MysqlTestDatabase) => {
  const result: Record<string, readonly string[]> = {};
  for (const { table } of tables)
    result[table] = (await database.query(`SELECT * FROM ${table}`)).map((row) => JSON.stringify(row)).sort();
  return result;
};

describe.each(mysqlNames().filter((name) => name !== 'mariadb-10.11'))('changes applied in bulk at %s', (name) => {
  const server = sharedMysql(name);

  it('leave the same rows as one at a time', { timeout: 600_000 }, async () => {
    const collation = server.kind === 'mysql' ? 'utf8mb4_0900_bin' : 'utf8mb4_nopad_bin';
    const run = async (given: Workload, sizes: readonly number[], messageStatements: number, loadedRows: number) => {
      await using fast = await createMysqlDatabase(server);
      await using slow = await createMysqlDatabase(server);
      await using fastSink = sinkInto(fast, { messageStatements, loadedRows });
      await using slowSink = sinkInto(slow, { alwaysSequentially: true });
      const targets = [
        { database: fast, sink: fastSink },
        { database: slow, sink: slowSink },
      ];
      for (const { database, sink } of targets) {
        await database.query(createTables(collation));
        await sink.open({ relations: tables });
      }
      for (const [at, changes] of groupsOf(given, sizes).entries()) {
        for (const { sink } of targets) await sink.write(changes, String(at).padStart(4, '0'));
        expect(await rowsIn(fast)).toEqual(await rowsIn(slow));
      }
      for (const { sink } of targets) expect(sink.events.filter(({ type }) => type === 'conflict')).toEqual([]);
    };
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
    const statements = fc.integer({ min: 1, max: 8 });
    await fc.assert(fc.asyncProperty(workload, sizes, statements, fc.constantFrom(1, 3, 1_000), run), {
      numRuns: runs,
    });
  });
});
