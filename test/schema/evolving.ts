import { type Change, createStream, type SchemaChangesOption, type Stream } from '@millrace/core';
import { type PostgresSourceOptions, postgresSource } from '@millrace/postgres-source';
import { type PostgresSinkOptions, postgresSink } from '@millrace/sql-sink/postgres';
import {
  createDatabase,
  type PostgresEndpoint,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
} from '../harness/index.ts';
import { namedDifferences } from './named-differences.ts';
import { markerTable, type WatchedChanges, watchChanges } from './watch-changes.ts';

/** Two databases with a running stream between them, whose tables may change. */
export interface Evolving extends WatchedChanges, AsyncDisposable {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly stream: Stream;
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
  await source.query(`${markerTable}; ${schema}`);
  const stream = createStream({
    id: 'evolving',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'evolving', ddl }),
    sink: postgresSink({ connection: target.url, structure }),
    ...(schemaChanges === undefined ? {} : { schemaChanges }),
    ...(transform === undefined ? {} : { transform }),
  });
  const differences = (table: string) => namedDifferences(source, target, table);
  const changes = await watchChanges({ source, target, stream, differences });
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
