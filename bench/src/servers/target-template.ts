import { type PostgresServer, until } from '@millrace/test/harness';
import type { Table } from '../workloads/workload.ts';
import { withClient } from './with-client.ts';

const objectInUse = '55006';

/** A database that holds what every run finds at the target. */
export class TargetTemplate {
  readonly #server: PostgresServer;
  readonly #name: string;

  private constructor(server: PostgresServer, name: string) {
    this.#server = server;
    this.#name = name;
  }

  static async make(
    server: PostgresServer,
    tables: readonly Table[],
    statements: readonly string[],
    name = 'prepared',
  ): Promise<TargetTemplate> {
    await withClient(server.url(), (client) => client.query(`CREATE DATABASE ${name}`));
    await withClient(server.url(name), async (client) => {
      const all = [...tables.map(({ create }) => create), ...statements, 'VACUUM ANALYZE'];
      for (const statement of all) await client.query(statement);
    });
    return new TargetTemplate(server, name);
  }

  url(name: string): string {
    return this.#server.url(name);
  }

  /** What the server has logged. */
  log(): Promise<string> {
    return this.#server.log();
  }

  /** A database of this name with the same contents, and with nothing left to write of what made it. */
  async copy(name: string): Promise<void> {
    await withClient(this.#server.url(), async (client) => {
      const tryToCopy = async (): Promise<boolean> => {
        try {
          await client.query(`CREATE DATABASE ${name} TEMPLATE ${this.#name}`);
          return true;
        } catch (error) {
          // The process of the connection that filled the template may still be ending.
          if ((error as { readonly code?: string }).code !== objectInUse) throw error;
          return false;
        }
      };
      await until(tryToCopy, { describe: `a copy of the database ${this.#name}` });
      await client.query('CHECKPOINT');
    });
  }

  async drop(name: string): Promise<void> {
    await withClient(this.#server.url(), (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }
}
