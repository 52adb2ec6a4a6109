import { type PostgresServer, until } from '@millrace/test/harness';
import type { Table } from '../workloads/workload.ts';
import { withClient } from './with-client.ts';

const template = 'prepared';
const objectInUse = '55006';

/** A database that holds what every run finds at the target. */
export class TargetTemplate {
  readonly #server: PostgresServer;

  private constructor(server: PostgresServer) {
    this.#server = server;
  }

  static async make(
    server: PostgresServer,
    tables: readonly Table[],
    statements: readonly string[],
  ): Promise<TargetTemplate> {
    await withClient(server.url(), (client) => client.query(`CREATE DATABASE ${template}`));
    await withClient(server.url(template), async (client) => {
      const all = [...tables.map(({ create }) => create), ...statements, 'VACUUM ANALYZE'];
      for (const statement of all) await client.query(statement);
    });
    return new TargetTemplate(server);
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
          await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
          return true;
        } catch (error) {
          // The process of the connection that filled the template may still be ending.
          if ((error as { readonly code?: string }).code !== objectInUse) throw error;
          return false;
        }
      };
      await until(tryToCopy, { describe: `a copy of the database ${template}` });
      await client.query('CHECKPOINT');
    });
  }

  async drop(name: string): Promise<void> {
    await withClient(this.#server.url(), (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }
}
