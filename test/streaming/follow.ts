import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import {
  createDatabase,
  differences,
  type PostgresEndpoint,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';

/** Two databases with a running stream between them. */
export interface Following extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly stream: Stream;
  /** Waits until everything has arrived; the differences of these tables. */
  settle(tables: readonly string[]): Promise<readonly string[]>;
}

export interface FollowOptions {
  /** Runs at the source before the stream starts. */
  readonly schema: string;
  /** Runs at the target before the stream starts; absent: the sink creates the tables. */
  readonly targetSchema?: string;
  readonly servers?: { readonly source?: PostgresEndpoint; readonly target?: PostgresEndpoint };
  readonly tables?: readonly (
    | string
    | { readonly name: string; readonly operations?: readonly ('insert' | 'truncate')[] }
  )[];
}

const marker = 'public.millrace_marker';

export const follow = async ({ schema, targetSchema, servers = {}, tables }: FollowOptions): Promise<Following> => {
  const source = await createDatabase(servers.source ?? sharedPostgres());
  const target = await createDatabase(servers.target ?? sharedPostgres());
  await source.query(`CREATE TABLE ${marker} (id int PRIMARY KEY); ${schema}`);
  if (targetSchema !== undefined) await target.query(targetSchema);
  const stream = createStream({
    id: 'follow',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'follow' }),
    sink: postgresSink({ connection: target.url }),
    // What is followed is the log: nothing arrives in another way.
    snapshot: 'never',
    ...(tables === undefined ? {} : { tables: [...tables, marker] }),
  });
  await stream.start();
  let count = 0;
  return {
    source,
    target,
    stream,
    async settle(compared) {
      count++;
      await source.query(`INSERT INTO ${marker} VALUES ($1)`, [count]);
      const arrived = async () => {
        const { state } = stream;
        if (state.status === 'failed-permanently') throw state.error;
        return (await target.query(`SELECT 1 FROM ${marker} WHERE id = $1`, [count])).length > 0;
      };
      await until(arrived, { describe: 'the last change at the target', timeout: 20_000 });
      return differences(source, target, compared);
    },
    async [Symbol.asyncDispose]() {
      await stream.stop();
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};
