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
  until,
} from '../../harness/index.ts';

/** A MySQL or MariaDB database and a PostgreSQL one, with a running stream between them, whose tables may change. */
export interface Following extends AsyncDisposable {
  readonly source: MysqlTestDatabase;
  readonly target: TestDatabase;
  readonly stream: Stream;
  /** What the stream has said of schema changes, without the name of the database. */
  readonly said: string[];
  /** The codes of its warnings. */
  readonly warnings: readonly string[];
  /** How many tables were copied anew. */
  readonly copies: number;
  /** Waits until everything has arrived and nothing is copied any more; what differs in these tables, of `items` unless told. */
  settle(tables?: readonly string[]): Promise<readonly string[]>;
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
  await source.query(`CREATE TABLE marker (id int PRIMARY KEY); ${schema}`);
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
  const said: string[] = [];
  const warnings: string[] = [];
  stream.on('schema', ({ message }) => said.push(message.replaceAll(`${source.name}.`, '')));
  stream.on('warning', ({ code }) => warnings.push(code));
  let copies = 0;
  stream.on('backfill', ({ state }) => {
    if (state === 'active') copies++;
  });
  await stream.start();
  const isQuiet = () => {
    const { state } = stream;
    if (state.status === 'failed-permanently') throw state.error;
    const isCopied = stream.backfills.every(({ state: each }) => each === 'completed' || each === 'not-started');
    return state.status === 'running' && state.snapshot === null && isCopied;
  };
  await until(isQuiet, { describe: 'the first copy' });
  let count = 0;
  return {
    source,
    target,
    stream,
    said,
    warnings,
    get copies() {
      return copies;
    },
    async settle(compared = ['items']) {
      // The second is in a group of its own: by then the stream knows what follows from the first.
      for (let marker = 1; marker <= 2; marker++) {
        await source.query('INSERT INTO marker VALUES (?)', [++count]);
        const isThere = async () => {
          const { state } = stream;
          if (state.status === 'failed-permanently') throw state.error;
          return (await target.query('SELECT FROM marker WHERE id = $1', [count])).length > 0;
        };
        await until(isThere, { describe: 'the last change', timeout: 30_000 });
      }
      await until(isQuiet, { describe: 'the last copy', timeout: 30_000 });
      const found = [];
      for (const table of compared) found.push(...(await namedDifferences(source, target, table)));
      return found;
    },
    async [Symbol.asyncDispose]() {
      await stream.stop();
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
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
