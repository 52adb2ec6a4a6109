import { type PostgresServer, until } from '@millrace/test/harness';
import type { Table } from '../workloads/workload.ts';
import { createPublications } from './publication.ts';
import { withClient } from './with-client.ts';

const database = 'bench';
const plugin = 'pgoutput';
/** The slot from which others are copied. It is never read, so the log behind it stays. */
const firstSlot = 'first';

/** The database whose changes are streamed, and the slots to read them from. */
export class SourceLog {
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  /** Makes the database, what `statements` say, and publications of the tables; then the slot to copy from. */
  static async make(
    server: PostgresServer,
    tables: readonly Table[],
    statements: readonly string[],
  ): Promise<SourceLog> {
    await withClient(server.url(), (client) => client.query(`CREATE DATABASE ${database}`));
    const log = new SourceLog(server.url(database));
    await withClient(log.url, async (client) => {
      const all = [...tables.map(({ create }) => create), ...statements, 'VACUUM ANALYZE', 'CHECKPOINT'];
      // A slot must not be older than its publication.
      for (const statement of [...all, ...createPublications(tables)]) await client.query(statement);
    });
    await log.newSlot(firstSlot);
    return log;
  }

  /** A slot that begins with what is written from now on. */
  async newSlot(name: string): Promise<void> {
    await this.#query('SELECT pg_create_logical_replication_slot($1, $2)', [name, plugin]);
  }

  /** A slot that begins where the log of this database begins. */
  async copySlot(name: string): Promise<void> {
    await this.#query('SELECT pg_copy_logical_replication_slot($1, $2)', [firstSlot, name]);
  }

  /** The server process that sends from this slot; `null` while there is none. */
  async walsender(slot: string): Promise<number | null> {
    const text = 'SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1';
    const [row] = await this.#query<{ pid: number | null }>(text, [slot]);
    return row?.pid ?? null;
  }

  /** Waits until nobody reads it any more. */
  async dropSlot(name: string): Promise<void> {
    const describe = `the end of the walsender of ${name}`;
    await until(async () => (await this.walsender(name)) === null, { describe, timeout: 60_000 });
    await this.#query('SELECT pg_drop_replication_slot($1)', [name]);
  }

  #query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return withClient(
      this.url,
      async (client) => (await client.query<Row & Record<string, unknown>>(text, [...values])).rows,
    );
  }
}
