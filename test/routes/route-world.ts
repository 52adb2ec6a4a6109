import type { Stream } from '@millrace/core';
import { type MysqlTestDatabase, type TestDatabase, uniqueName, until } from '../harness/index.ts';
import type { RouteStreamOptions } from './route-stream.ts';
import { databaseOn, type Route, sharedServer } from './routes.ts';

export type RouteDatabase = TestDatabase | MysqlTestDatabase;

/** Two databases of a route. */
export interface RouteWorld extends AsyncDisposable {
  readonly source: RouteDatabase;
  readonly target: MysqlTestDatabase;
  /** Of a stream between the two. */
  readonly options: RouteStreamOptions;
}

export const routeWorld = async ({ source: from, target: to }: Route): Promise<RouteWorld> => {
  const source = await databaseOn(sharedServer(from));
  const target = (await databaseOn(sharedServer(to))) as MysqlTestDatabase;
  return {
    source,
    target,
    options: { source: source.url, target: target.url, slot: uniqueName('slot') },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

/** Runs SQL at either kind of server. */
export const run = <Row = Record<string, unknown>>(database: RouteDatabase, sql: string): Promise<Row[]> =>
  (database as { query(text: string): Promise<Row[]> }).query(sql);

/** Until a query has a row at the target. What ends the stream ends the wait. */
export const arrives = async (target: MysqlTestDatabase, sql: string, stream?: Stream): Promise<void> => {
  const isThere = async () => {
    if (stream?.state.status === 'failed-permanently') throw stream.state.error;
    return (await target.query(sql).catch(() => [])).length > 0;
  };
  await until(isThere, { describe: sql, timeout: 30_000 }).catch((error: unknown) => {
    throw new Error(`${error}: ${JSON.stringify([stream?.state, stream?.errors])}`, { cause: error });
  });
};
