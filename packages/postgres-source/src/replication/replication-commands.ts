import { type PostgresConnection, pinnedClientConfig } from '@millrace/postgres-client';
import pg from 'pg';

export interface CommandsTarget {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
  /** Ends the connection, whatever it waits for. */
  readonly signal: AbortSignal;
}

type Row = Readonly<Record<string, string | null>>;

/**
 * A replication connection for commands that have an answer (PostgreSQL manual, "Streaming Replication Protocol"), and
 * for SQL without parameters. Rejects with what the driver or the server says.
 */
export class ReplicationCommands implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #destroy: () => void;
  readonly #signal: AbortSignal;

  static async open(target: CommandsTarget): Promise<ReplicationCommands> {
    target.signal.throwIfAborted();
    const commands = new ReplicationCommands(target);
    try {
      await commands.#client.connect();
      return commands;
    } catch (error) {
      commands.destroy();
      target.signal.throwIfAborted();
      throw error;
    }
  }

  private constructor({ connection, applicationName, signal }: CommandsTarget) {
    const { config, socket } = pinnedClientConfig(connection, { applicationName });
    const replication = { ...config, replication: 'database', types: { getTypeParser: () => String } };
    this.#client = new pg.Client(replication as pg.ClientConfig);
    this.#client.on('error', () => {});
    this.#signal = signal;
    this.#destroy = () => socket.destroy();
    signal.addEventListener('abort', this.#destroy, { once: true });
  }

  /** The first row of the answer. */
  async run(text: string): Promise<Row | undefined> {
    try {
      const { rows } = await this.#client.query<Row>(text);
      return rows[0];
    } catch (error) {
      this.#signal.throwIfAborted();
      throw error;
    }
  }

  /** Cuts the connection at once. Idempotent. */
  destroy(): void {
    this.#signal.removeEventListener('abort', this.#destroy);
    this.#destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.destroy(), 1_000);
    await this.#client.end().catch(() => {});
    clearTimeout(timer);
    this.destroy();
  }
}
