import {
  createDatabase,
  createMysqlDatabase,
  differences,
  type MysqlEndpoint,
  type MysqlTestDatabase,
  type PostgresEndpoint,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { bankTables, createBank, fillBank, type Poller, startPoller } from './bank.ts';
import { type BankDatabase, bankSqlOf, isMysql } from './bank-sql.ts';
import type { BankStreamOptions } from './bank-stream.ts';

/** What both kinds of databases take. */
interface AnyTarget {
  query(text: string): Promise<readonly unknown[]>;
}

/** A bank at the source, an empty target with a poller, and the proof that both are equal. */
type AnyDatabase = TestDatabase | MysqlTestDatabase;

export interface BankWorld<Source extends AnyDatabase = AnyDatabase, Target extends AnyDatabase = AnyDatabase>
  extends AsyncDisposable {
  readonly source: Source;
  readonly target: Target;
  readonly slot: string;
  /** Of a stream between the two. */
  readonly stream: BankStreamOptions;
  readonly poller: Poller;
  /** Fills the bank. After the first start: only what changes then is streamed. */
  fill(): Promise<void>;
  /** Waits until the target has everything, and compares. The load must have ended. */
  settle(timeout?: number): Promise<readonly string[]>;
}

export const bankBetween = async <Source extends AnyDatabase, Target extends AnyDatabase>(
  source: Source,
  target: Target,
): Promise<BankWorld<Source, Target>> => {
  const { time, plainTime } = bankSqlOf(source.url);
  await createBank(source, isMysql(target.url) ? plainTime : time);
  const poller = startPoller(target.url);
  const slot = uniqueName('slot');
  return {
    source,
    target,
    slot,
    stream: { source: source.url, target: target.url, slot },
    poller,
    fill: () => fillBank(source),
    async settle(timeout = 60_000) {
      // The last change of all: when it has arrived, so has everything before it.
      const marker = -Math.floor(Math.random() * 1e9);
      const bank: BankDatabase = source;
      await bank.query(`INSERT INTO history (account, delta) VALUES (${marker}, 0)`);
      const arrived = async () =>
        (await (target as AnyTarget).query(`SELECT 1 FROM history WHERE account = ${marker}`).catch(() => [])).length >
        0;
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

/** From PostgreSQL to PostgreSQL. */
export const bankWorld = async (
  servers: { readonly source?: PostgresEndpoint; readonly target?: PostgresEndpoint } = {},
): Promise<BankWorld<TestDatabase, TestDatabase>> =>
  bankBetween(
    await createDatabase(servers.source ?? sharedPostgres()),
    await createDatabase(servers.target ?? sharedPostgres()),
  );

/** From MySQL or MariaDB to PostgreSQL. */
export const mysqlBankWorld = async (
  source: MysqlEndpoint,
  target: PostgresEndpoint = sharedPostgres(),
): Promise<BankWorld<MysqlTestDatabase, TestDatabase>> =>
  bankBetween(await createMysqlDatabase(source), await createDatabase(target));
