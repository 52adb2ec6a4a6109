import { createConnection, type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';

/** A connection that transactions of the load run over; each call takes several statements. */
export interface BankConnection {
  query(sql: string): Promise<unknown>;
  /** The only row of one statement, which sees what was committed at one moment. */
  row(sql: string): Promise<Readonly<Record<string, unknown>>>;
  end(): Promise<unknown>;
}

/** Any database that a bank can be made in. */
export interface BankDatabase {
  readonly url: string;
  query(text: string): Promise<unknown>;
}

/** What is another in the SQL of each kind of server. */
export interface BankSql {
  /** The type of a time, with the time of now as its default. */
  readonly time: string;
  /** The same, of whole seconds and without a zone: what every kind of server prints alike. */
  readonly plainTime: string;
  /** Begins a transaction; another that has begun so is waited for. */
  readonly begin: string;
  connect(url: string): Promise<BankConnection>;
}

const postgres: BankSql = {
  time: 'timestamptz DEFAULT clock_timestamp()',
  plainTime: 'timestamp(0) DEFAULT clock_timestamp()',
  begin: 'BEGIN; LOCK TABLE branches IN SHARE ROW EXCLUSIVE MODE',
  async connect(url) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    return {
      query: (sql) => client.query(sql),
      row: async (sql) => (await client.query(sql)).rows[0],
      end: () => client.end(),
    };
  },
};

const mysql: BankSql = {
  time: 'datetime DEFAULT CURRENT_TIMESTAMP',
  plainTime: 'datetime DEFAULT CURRENT_TIMESTAMP',
  begin: 'BEGIN; SELECT id FROM branches FOR UPDATE',
  async connect(url) {
    const connection = await createConnection({ uri: url, multipleStatements: true });
    connection.on('error', () => {});
    return {
      query: (sql) => connection.query(sql),
      async row(sql) {
        const [rows] = await connection.query<RowDataPacket[]>(sql);
        return rows[0] ?? {};
      },
      end: () => connection.end(),
    };
  },
};

export const isMysql = (url: string): boolean => url.startsWith('mysql:');

/** That of the server which a connection string leads to. */
export const bankSqlOf = (url: string): BankSql => (isMysql(url) ? mysql : postgres);
