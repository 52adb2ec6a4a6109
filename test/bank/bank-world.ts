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
  return {
    source,
    target,
    slot: uniqueName('slot'),
    poller,
    fill: () => fillBank(source),
    async settle(timeout = 60_000) {
      // The last change of all: when it has arrived, so has everything before it.
      const marker = -Math.floor(Math.random() * 1e9);
      await source.query('INSERT INTO history (account, delta) VALUES ($1, 0)', [marker]);
      const arrived = async () =>
        (await target.query('SELECT 1 FROM history WHERE account = $1', [marker]).catch(() => [])).length > 0;
      await until(arrived, { describe: 'the last change at the target', timeout });
      return differences(source, target, bankTables);
    },
    async [Symbol.asyncDispose]() {
      await poller[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};
