import {
  type PostgresEndpoint,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
} from '../../../../../test/harness/index.ts';
import { relationOf } from '../../testing/changes.ts';
import type { PostgresSinkOptions } from '../postgres-sink-options.ts';
import { SinkUnderTest } from './sink-under-test.ts';

/** One way of applying changes, on one server. Whatever is said of changes must hold for each. */
export interface ApplyPath {
  readonly name: string;
  readonly server: PostgresEndpoint;
  readonly alwaysSequentially: boolean;
}

export const applyPaths = (): readonly ApplyPath[] =>
  postgresVersions().flatMap((version) => [
    { name: `PostgreSQL ${version}, one at a time`, server: sharedPostgres(version), alwaysSequentially: true },
    { name: `PostgreSQL ${version}, in bulk`, server: sharedPostgres(version), alwaysSequentially: false },
  ]);

/** Opens a sink that applies changes this way. */
export const openSink = async (
  database: TestDatabase,
  { alwaysSequentially }: ApplyPath,
  options: Partial<PostgresSinkOptions> = {},
): Promise<SinkUnderTest> => {
  const sink = new SinkUnderTest({ connection: database.url, ...options }, { alwaysSequentially });
  await sink.open();
  return sink;
};

export { conflicts, write } from '../../testing/driven-sink.ts';

/** A table with a second unique key. */
export const items = relationOf({ table: 'items', columns: ['id integer!', 'code text', 'note text'], key: ['id'] });
export const createItems = 'CREATE TABLE items (id integer PRIMARY KEY, code text UNIQUE, note text)';
