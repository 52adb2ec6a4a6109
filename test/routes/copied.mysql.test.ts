import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSource } from '@millrace/postgres-source';
import { mysqlSink } from '@millrace/sql-sink/mysql';
import { expect, test } from 'vitest';
import { bankSelection, bankTables, createBank, fillBank, startLoad } from '../bank/bank.ts';
import { bankSqlOf } from '../bank/bank-sql.ts';
import { differences, type MysqlTestDatabase, type TestDatabase, uniqueName, until } from '../harness/index.ts';
import { databaseOn, routes, sharedServer } from './routes.ts';

const sourceOf = ({ url }: TestDatabase | MysqlTestDatabase) =>
  url.startsWith('mysql:')
    ? mysqlSource({ connection: url })
    : postgresSource({ connection: url, slot: uniqueName('slot'), publication: 'routes' });

const marker = -7_777_777;

/** Both kinds of databases take a text. */
const run = (database: TestDatabase | MysqlTestDatabase, sql: string) =>
  (database as { query(text: string): Promise<readonly unknown[]> }).query(sql);

test.each(routes())(
  'from $source to $target, tables that are filled and changed meanwhile are copied and followed',
  { timeout: 120_000 },
  async ({ source: from, target: to }) => {
    await using source = await databaseOn(sharedServer(from));
    await using target = await databaseOn(sharedServer(to));
    await createBank(source, bankSqlOf(source.url).plainTime);
    await fillBank(source);
    await using load = startLoad(source.url);
    await using stream = createStream({
      id: 'routes',
      source: sourceOf(source),
      sink: mysqlSink({ connection: target.url, schema: target.name }),
      tables: [...bankSelection],
    });
    await stream.start();
    await until(() => stream.stats().sink.changes > 100, { describe: 'changes', timeout: 60_000 });
    await load.stop();
    await run(source, `INSERT INTO history (account, delta) VALUES (${marker}, 0)`);
    const arrived = async () =>
      (await run(target, `SELECT 1 FROM history WHERE account = ${marker}`).catch(() => [])).length > 0;
    await until(arrived, { describe: 'the last change at the target', timeout: 60_000 });
    expect(await differences(source, target, bankTables)).toEqual([]);
  },
);
