import { type Change, createStream, type SchemaChangesOption, type Stream } from '@millrace/core';
import { type PostgresSourceOptions, postgresSource } from '@millrace/postgres-source';
import { type PostgresSinkOptions, postgresSink } from '@millrace/sql-sink/postgres';
import {
  createDatabase,
  type PostgresEndpoint,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { namedDifferences } from './named-differences.ts';

/** Two databases with a running stream between them, whose tables may change. */
export interface Evolving extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly stream: Stream;
  /** What the stream has said of schema changes. */
  readonly said: readonly string[];
  /** How many tables were copied anew. */
  readonly copies: number;
  /** Waits until everything has arrived and nothing is copied any more; the differences of these tables, of `items` unless told. */
  settle(tables?: readonly string[]): Promise<readonly string[]>;
}

export interface EvolvingOptions {
  /** Runs at the source before the stream starts. */
  readonly schema: string;
  readonly schemaChanges?: SchemaChangesOption;
  readonly transform?: (change: Change) => Change;
  readonly ddl?: PostgresSourceOptions['ddl'];
  readonly structure?: PostgresSinkOptions['structure'];
  readonly servers?: { readonly source?: PostgresEndpoint; readonly target?: PostgresEndpoint };
}

export const evolving = async ({
  schema,
  schemaChanges,
  transform,
  ddl = 'inferred',
  structure = 'key-only',
  servers = {},
}: EvolvingOptions): Promise<Evolving> => {
  const source = await createDatabase(servers.source ?? sharedPostgres());
  const target = await createDatabase(servers.target ?? sharedPostgres());
  await source.query(`CREATE TABLE marker (id int PRIMARY KEY); ${schema}`);
  const stream = createStream({
    id: 'evolving',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'evolving', ddl }),
    sink: postgresSink({ connection: target.url, structure }),
    ...(schemaChanges === undefined ? {} : { schemaChanges }),
    ...(transform === undefined ? {} : { transform }),
  });
  const said: string[] = [];
  stream.on('schema', ({ message }) => said.push(message));
  let copies = 0;
  stream.on('backfill', ({ state }) => {
    if (state === 'active') copies++;
  });
  await stream.start();
  const isQuiet = () => {
    const { state } = stream;
    if (state.status === 'failed-permanently') throw state.error;
    return (
      state.status === 'running' &&
      state.snapshot === null &&
      stream.backfills.every(({ state: each }) => each === 'completed' || each === 'not-started')
    );
  };
  await until(isQuiet, { describe: 'the first copy' });
  let count = 0;
  return {
    source,
    target,
    stream,
    said,
    get copies() {
      return copies;
    },
    async settle(tables = ['items']) {
      const isThere = async () => {
        const { state } = stream;
        if (state.status === 'failed-permanently') throw state.error;
        return (await target.query('SELECT FROM marker WHERE id = $1', [count])).length > 0;
      };
      // The second is in a group of its own: by then the stream knows what follows from the first.
      for (let marker = 1; marker <= 2; marker++) {
        await source.query('INSERT INTO marker VALUES ($1)', [++count]);
        await until(isThere, { describe: 'the last change', timeout: 30_000 });
      }
      await until(isQuiet, { describe: 'the last copy', timeout: 30_000 });
      const found = [];
      for (const table of tables) found.push(...(await namedDifferences(source, target, table)));
      return found;
    },
    async [Symbol.asyncDispose]() {
      await stream.stop();
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};
