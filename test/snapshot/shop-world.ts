import type { Stream } from '@millrace/core';
import {
  createDatabase,
  differences,
  type PostgresEndpoint,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { createShop, shopTables } from './shop.ts';

/** A shop that is full before any stream knows of it, and an empty target. */
export interface ShopWorld extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly slot: string;
  /** How many rows of its copy are durable at the target. */
  copied(): Promise<number>;
  /** Waits until every table is live and the target has what the source has. The load must have ended. */
  settle(timeout?: number, tables?: readonly string[]): Promise<readonly string[]>;
}

export const shopWorld = async (
  servers: { readonly source?: PostgresEndpoint; readonly target?: PostgresEndpoint } = {},
): Promise<ShopWorld> => {
  const source = await createDatabase(servers.source ?? sharedPostgres());
  const target = await createDatabase(servers.target ?? sharedPostgres());
  await createShop(source);
  const first = async <Row extends { readonly value: unknown }>(sql: string): Promise<unknown> =>
    (await target.query<Row>(sql).catch(() => []))[0]?.value;
  return {
    source,
    target,
    slot: uniqueName('slot'),
    copied: async () => Number((await first('SELECT sum(rows) AS value FROM millrace.copy_range')) ?? 0),
    async settle(timeout = 60_000, tables = shopTables) {
      const end = 'SELECT pg_current_wal_insert_lsn()::text AS lsn';
      const [row] = await source.query<{ lsn: string }>(end);
      const isThere = `SELECT position::pg_lsn >= '${row?.lsn}' AND NOT EXISTS
        (SELECT FROM jsonb_each(tables) t WHERE t.value ->> 'state' <> 'live') AS value FROM millrace.checkpoint`;
      // Nothing else may move the log, and what comes alone comes seldom.
      const nudge = async () => void (await source.query("SELECT pg_logical_emit_message(true, 'test', '')"));
      await nudge();
      await until(async () => (await first(isThere)) === true, { describe: 'every table to be live', timeout });
      return differences(source, target, tables);
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

/** Until every table equals its source. */
export const live = async (stream: Pick<Stream, 'state' | 'errors'>): Promise<void> => {
  const isLive = () => {
    const { state } = stream;
    if (state.status === 'failed-permanently') throw state.error;
    return state.status === 'running' && state.snapshot === null;
  };
  await until(isLive, { describe: 'every table to be live', timeout: 60_000 }).catch((error) => {
    throw new Error(`${error}: ${JSON.stringify([stream.state, stream.errors])}`, { cause: error });
  });
};
