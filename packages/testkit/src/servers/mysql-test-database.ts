import type { Connection, ConnectionOptions } from 'mysql2/promise';
import { connectMysql, mysqlRows, withMysql } from './mysql-client.ts';
import type { MysqlEndpoint } from './mysql-endpoint.ts';
import { uniqueName } from './unique-name.ts';

/** An account that lasts as long as the database it was made for. */
export interface MysqlUser {
  readonly name: string;
  readonly password: string;
  /** Connection string of this account for the database. */
  readonly url: string;
}

/** What a connection does, as `SHOW FULL PROCESSLIST` says it. */
export interface MysqlProcess {
  readonly id: number;
  /** Its database. */
  readonly db: string | null;
  readonly command: string;
  /** For how many seconds it has been doing that. */
  readonly time: number;
  /** What its statement is at. */
  readonly state: string;
  /** Its statement; empty without one. */
  readonly statement: string;
}

/**
 * A database of one test's own. Disposing of it ends every connection to it and drops it, with its users and the XA
 * transactions that are named after it.
 */
export interface MysqlTestDatabase extends AsyncDisposable {
  readonly name: string;
  /** Connection string of the superuser for this database. */
  readonly url: string;
  readonly server: MysqlEndpoint;
  /**
   * Runs SQL, of several statements too, on one connection that this database keeps for it; gives the rows of the last
   * one. Dates, decimals, integers beyond 2^53 and JSON are text.
   */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** What all connections to the server do at this moment but the one of {@link query}. */
  processes(): Promise<readonly MysqlProcess[]>;
  /** Opens another connection; it is closed with the database at the latest. */
  connect(options?: ConnectionOptions): Promise<Connection>;
  /**
   * Makes an account with these privileges, e.g. `REPLICATION SLAVE ON *.*`, and no others; with everything on this
   * database unless told.
   */
  createUser(privileges?: readonly string[]): Promise<MysqlUser>;
}

/** Creates an empty database on the server, of utf8mb4. */
export async function createMysqlDatabase(server: MysqlEndpoint): Promise<MysqlTestDatabase> {
  const name = uniqueName('db');
  await withMysql(server.url(), (admin) => admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`));
  const url = server.url(name);
  const opened = new Set<Connection>();
  const users: string[] = [];
  let own: Promise<Connection> | undefined;

  const connect = async (options?: ConnectionOptions): Promise<Connection> => {
    const connection = await connectMysql(url, options);
    opened.add(connection);
    connection.on('error', () => opened.delete(connection)); // a lost connection fails the queries made on it
    connection.on('end', () => opened.delete(connection));
    return connection;
  };

  const kept = (): Promise<Connection> => {
    own = own?.then((connection) => (opened.has(connection) ? connection : connect())) ?? connect();
    return own;
  };

  const query = async <Row>(text: string, values?: readonly unknown[]): Promise<Row[]> =>
    mysqlRows<Row>(await kept(), text, values);

  const processes = async (): Promise<readonly MysqlProcess[]> => {
    const connection = await kept();
    return (await shownProcesses(connection)).filter(({ id }) => id !== connection.threadId);
  };

  const createUser = async (privileges: readonly string[] = [`ALL ON ${name}.*`]): Promise<MysqlUser> => {
    const [user, password] = [uniqueName('user'), uniqueName('password')];
    users.push(user);
    await withMysql(server.url(), async (admin) => {
      await admin.query(`CREATE USER ${user} IDENTIFIED BY '${password}'`);
      for (const privilege of privileges) await admin.query(`GRANT ${privilege} TO ${user}`);
    });
    const own = new URL(url);
    own.username = user;
    own.password = password;
    return { name: user, password, url: own.href };
  };

  const dispose = async (): Promise<void> => {
    await Promise.all([...opened].map((connection) => connection.end().catch(() => connection.destroy())));
    await withMysql(server.url(), async (admin) => {
      await endConnections(admin, name);
      await rollbackPrepared(admin, name);
      await admin.query(`DROP DATABASE IF EXISTS ${name}`);
      for (const user of users) await admin.query(`DROP USER IF EXISTS ${user}`);
    });
  };

  return { name, url, server, query, processes, connect, createUser, [Symbol.asyncDispose]: dispose };
}

interface ShownProcess {
  readonly Id: number;
  readonly db: string | null;
  readonly Command: string;
  readonly Time: number;
  readonly State: string | null;
  readonly Info: string | null;
}

/** MySQL cannot read its table of them while a statement has characters beyond the basic plane. */
async function shownProcesses(connection: Connection): Promise<readonly MysqlProcess[]> {
  const shown = await mysqlRows<ShownProcess>(connection, 'SHOW FULL PROCESSLIST');
  return shown.map(({ Id, db, Command, Time, State, Info }) => ({
    id: Id,
    db,
    command: Command,
    time: Time,
    state: State ?? '',
    statement: Info ?? '',
  }));
}

/** An open transaction of somebody else's would keep the database from being dropped. */
async function endConnections(admin: Connection, database: string): Promise<void> {
  for (const { id, db } of await shownProcesses(admin)) {
    if (db !== database) continue;
    await admin.query(`KILL ${id}`).catch(ignoreGone);
  }
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof Error && 'errno' in error && error.errno === 1094)) throw error;
}

async function rollbackPrepared(admin: Connection, database: string): Promise<void> {
  const rows = await mysqlRows<{ gtrid_length: number; formatID: number; data: unknown }>(admin, 'XA RECOVER');
  for (const { gtrid_length, formatID, data } of rows) {
    const name = String(data); // bytes from MariaDB
    if (!name.startsWith(database)) continue;
    const [global, branch] = [name.slice(0, gtrid_length), name.slice(gtrid_length)];
    await admin.query('XA ROLLBACK ?, ?, ?', [global, branch, formatID]);
  }
}
