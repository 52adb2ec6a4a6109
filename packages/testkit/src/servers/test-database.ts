import pg from 'pg';
import { until } from '../waiting/until.ts';
import type { PostgresEndpoint } from './postgres-endpoint.ts';
import { uniqueName } from './unique-name.ts';

/** A database of one test's own. Disposing of it drops it with every slot and prepared transaction in it. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** Connection string of the superuser for this database. */
  readonly url: string;
  readonly server: PostgresEndpoint;
  /** Runs SQL on one connection that this database keeps for it; gives the rows. */
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Opens another connection; it is closed with the database at the latest. */
  connect(config?: pg.ClientConfig): Promise<pg.Client>;
}

/** Creates an empty database on the server. */
export async function createDatabase(server: PostgresEndpoint): Promise<TestDatabase> {
  const name = uniqueName('db');
  await withClient(server.url(), (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE template0`));
  const url = server.url(name);
  const opened = new Set<pg.Client>();
  let own: Promise<pg.Client> | undefined;

  const connect = async (config: pg.ClientConfig = {}): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url, ...config });
    client.on('error', () => opened.delete(client)); // a lost connection fails the queries made on it
    client.once('end', () => opened.delete(client));
    await client.connect();
    opened.add(client);
    return client;
  };

  const query = async <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]> => {
    own = own?.then((client) => (opened.has(client) ? client : connect())) ?? connect();
    const result = await (await own).query<Row>(text, values && [...values]);
    return result.rows;
  };

  const dispose = async (): Promise<void> => {
    await Promise.all([...opened].map((client) => client.end()));
    await rollbackPrepared(server, name);
    await withClient(server.url(), async (admin) => {
      await dropSlots(admin, name);
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    });
  };

  return { name, url, server, query, connect, [Symbol.asyncDispose]: dispose };
}

/** A slot can be dropped only after the process that streams from it has ended, which its termination only asks for. */
async function dropSlots(admin: pg.Client, database: string): Promise<void> {
  const tryAll = async (): Promise<boolean> => {
    const { rows } = await admin.query<{ slot_name: string; active_pid: number | null }>(
      'SELECT slot_name, active_pid FROM pg_replication_slots WHERE database = $1',
      [database],
    );
    for (const { slot_name, active_pid } of rows) {
      if (active_pid !== null) await admin.query('SELECT pg_terminate_backend($1)', [active_pid]);
      else await admin.query('SELECT pg_drop_replication_slot($1)', [slot_name]).catch(ignoreSlotInUse);
    }
    return rows.length === 0;
  };
  await until(tryAll, { describe: `replication slots of ${database} to be dropped` });
}

function ignoreSlotInUse(error: unknown): void {
  const code = error instanceof pg.DatabaseError ? error.code : undefined;
  if (code !== '55006' && code !== '42704') throw error; // object in use, undefined object
}

async function rollbackPrepared(server: PostgresEndpoint, database: string): Promise<void> {
  const query = 'SELECT gid FROM pg_prepared_xacts WHERE database = $1';
  const { rows } = await withClient(server.url(), (admin) => admin.query<{ gid: string }>(query, [database]));
  if (rows.length === 0) return;
  await withClient(server.url(database), async (client) => {
    for (const { gid } of rows) await client.query(`ROLLBACK PREPARED ${client.escapeLiteral(gid)}`);
  });
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
