import {
  createDatabase,
  differences,
  type PostgresEndpoint,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { bankTables, createBank, fillBank, type Poller, startPoller } from './bank.ts';

/** A filled bank at the source, an empty target with a poller, and the proof that both are equal. */
export interface BankWorld extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly slot: string;
  readonly poller: Poller;
  /** Fills the bank. After the first start: only what changes then is streamed. */
  fill(): Promise<void>;
  /** Waits until the target has everything, and compares. The load must have ended. */
  settle(timeout?: number): Promise<readonly string[]>;
}

export const bankWorld = async (
  servers: { readonly source?: PostgresEndpoint; readonly target?: PostgresEndpoint } = {},
): Promise<BankWorld> => {
  const source = await createDatabase(servers.source ?? sharedPostgres());
  const target = await createDatabase(servers.target ?? sharedPostgres());
  await createBank(source);
  const poller = startPoller(target.url);
  const rows = async (database: TestDatabase): Promise<number> => {
    const [row] = await database.query<{ count: string }>('SELECT count(*) FROM history').catch(() => []);
    return Number(row?.count ?? -1);
  };
  return {
    source,
    target,
    slot: uniqueName('slot'),
    poller,
    fill: () => fillBank(source),
    async settle(timeout = 60_000) {
      const expected = await rows(source);
      await until(async () => (await rows(target)) >= expected, {
        describe: `${expected} rows of history at the target`,
        timeout,
      });
      return differences(source, target, bankTables);
    },
    async [Symbol.asyncDispose]() {
      await poller[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};
