import { createStream, type SchemaChangesOption, type Stream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import {
  createDatabase,
  createMysqlDatabase,
  type MysqlEndpoint,
  type MysqlTestDatabase,
  sharedPostgres,
  type TestDatabase,
} from '../../harness/index.ts';
import { markerTable, type WatchedChanges, watchChanges } from '../../schema/watch-changes.ts';

/** A MySQL or MariaDB database and a PostgreSQL one, with a running stream between them, whose tables may change. */
export interface Following extends WatchedChanges, AsyncDisposable {
  readonly source: MysqlTestDatabase;
  readonly target: TestDatabase;
  readonly stream: Stream;
}

export interface FollowingOptions {
  readonly server: MysqlEndpoint;
  /** Runs at the source before the stream starts. */
  readonly schema: string;
  readonly schemaChanges?: SchemaChangesOption;
  /** All of the database unless told. */
  readonly tables?: readonly string[];
  readonly defaults?: boolean;
  readonly snapshot?: 'initial' | 'never';
}

export const following = async ({
  server,
  schema,
  schemaChanges,
  tables,
  defaults = false,
  snapshot = 'never',
}: FollowingOptions): Promise<Following> => {
  const source = await createMysqlDatabase(server);
  const target = await createDatabase(sharedPostgres());
  await source.query(`${markerTable}; ${schema}`);
  const stream = createStream({
    id: 'following',
    source: mysqlSource({ connection: source.url }),
    sink: postgresSink({
      connection: target.url,
      targetSchema: 'public',
      ...(defaults ? { structure: ['defaults'] } : {}),
    }),
    snapshot,
    ...(tables === undefined ? {} : { tables: [...tables, 'marker'] }),
    ...(schemaChanges === undefined ? {} : { schemaChanges }),
  });
  const differences = (table: string) => namedDifferences(source, target, table);
  const shortened = (message: string) => message.replaceAll(`${source.name}.`, '');
  const changes = await watchChanges({ source, target, stream, differences, shortened });
  return Object.assign(changes, {
    source,
    target,
    stream,
    async [Symbol.asyncDispose]() {
      await stream.stop();
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  });
};

/** Columns at the target may stand in another order, and be more. */
const namedDifferences = async (
  source: MysqlTestDatabase,
  target: TestDatabase,
  table: string,
): Promise<readonly string[]> => {
  const rows = await source.query(`SELECT * FROM ${table} ORDER BY 1`);
  const names = await source.query<{ name: string }>(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
     AND EXTRA NOT LIKE '%GENERATED%' ORDER BY ORDINAL_POSITION`,
    [table],
  );
  const columns = names.map(({ name }) => name);
  const [key = ''] = columns;
  const list = columns.map((name) => `"${name}"::text`).join(', ');
  const copied = await target.query(`SELECT ${list} FROM ${table} ORDER BY "${table}"."${key}"`);
  const text = (row: Readonly<Record<string, unknown>>) =>
    JSON.stringify(columns.map((name) => (row[name] === null ? null : String(row[name]))));
  const [left, right] = [rows.map(text), copied.map(text)];
  return [
    ...left.filter((row) => !right.includes(row)).map((row) => `${table}: missing ${row}`),
    ...right.filter((row) => !left.includes(row)).map((row) => `${table}: extra ${row}`),
  ];
};
