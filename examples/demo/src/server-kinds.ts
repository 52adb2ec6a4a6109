import { createDatabase, createMysqlDatabase, type MysqlName, startMysql, startPostgres } from '@millrace/test/harness';

/** What is another in the SQL of each kind of server. */
interface BankSql {
  /** Numbers the rows of a `bigint` column. */
  readonly identity: string;
  /** The type of a time of microseconds. */
  readonly time: string;
  /** Has the server count rows: without it nobody knows how many there are. */
  readonly analyze: string;
  /** A time as seconds since 1970: servers print times differently. */
  seconds(column: string): string;
}

/** A connection that takes several statements at once. */
interface BankConnection {
  query(statements: string): Promise<unknown>;
  end(): Promise<unknown>;
}

/** An empty database on a server of its own, which ends with it. */
export interface BankDatabase extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly sql: BankSql;
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  connect(): Promise<BankConnection>;
}

interface ServerKind {
  readonly label: string;
  start(): Promise<BankDatabase>;
}

const postgres: BankSql = {
  identity: 'GENERATED ALWAYS AS IDENTITY',
  time: 'timestamptz',
  analyze: 'VACUUM ANALYZE',
  seconds: (column) => `extract(epoch FROM ${column})`,
};

const mysql: BankSql = {
  identity: 'AUTO_INCREMENT',
  time: 'timestamp(6)',
  analyze: 'ANALYZE TABLE branches, tellers, accounts, history',
  seconds: (column) => `unix_timestamp(${column})`,
};

const mysqlKind = (label: string, name: MysqlName): ServerKind => ({
  label,
  async start() {
    const server = await startMysql({ name, settings: { innodb_buffer_pool_size: '256M' } });
    const database = await createMysqlDatabase(server);
    return { ...database, sql: mysql, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  },
});

/** The servers that the demo copies from and to. */
export const serverKinds = {
  postgres: {
    label: 'PostgreSQL',
    async start() {
      const server = await startPostgres();
      const database = await createDatabase(server);
      return { ...database, sql: postgres, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
  },
  mysql: mysqlKind('MySQL', 'mysql'),
  mariadb: mysqlKind('MariaDB', 'mariadb-11.8'),
} as const satisfies Readonly<Record<string, ServerKind>>;

export type ServerKindName = keyof typeof serverKinds;
