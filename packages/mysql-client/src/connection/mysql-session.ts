import { mysqlErrorOf } from '../error-table.ts';
import type { ServerVersion } from '../server-version.ts';
import type { ResolvedConnection } from './connection-options.ts';
import { connectDriver, type DriverConnection } from './driver-connection.ts';
import { mysqlError } from './mysql-error.ts';
import { pinnedSettings } from './session-settings.ts';

export interface SessionOptions {
  /** By which an operator finds the connection: `millrace <stream id>`. */
  readonly applicationName: string;
  /** Ends connecting; later waits take a signal of their own. */
  readonly signal?: AbortSignal | undefined;
  /** Completes "could not …" in errors. */
  readonly doing?: string;
  /** Called once when the connection breaks while it is idle, e.g. because the server shuts down. */
  readonly onLost?: (() => void) | undefined;
}

export interface QueryOptions {
  /** Aborting destroys the connection. */
  readonly signal?: AbortSignal | undefined;
  /** Completes "could not …" in errors. */
  readonly doing?: string;
}

/** One connection with pinned settings. Values come as text. */
export class MysqlSession implements AsyncDisposable {
  readonly #connection: DriverConnection;
  #failure: unknown = null;
  #isClosed = false;

  private constructor(connection: DriverConnection, onLost: (() => void) | undefined) {
    this.#connection = connection;
    connection.driver.on('error', (error) => {
      const first = this.#failure === null;
      this.#failure ??= error;
      if (first && !this.#isClosed) onLost?.();
    });
  }

  /** Rejects with the signal's reason when aborted, with a `MillraceError` when the server cannot be used. */
  static async open(connection: ResolvedConnection, options: SessionOptions): Promise<MysqlSession> {
    const { signal, doing = 'connect' } = options;
    signal?.throwIfAborted();
    const driver = await connectDriver(connection, options).catch((error) => {
      signal?.throwIfAborted();
      throw mysqlError(error, doing);
    });
    const session = new MysqlSession(driver, options.onLost);
    // A server that has let us in may still fall silent.
    const silence = AbortSignal.timeout(connection.connectTimeout);
    const ended = signal === undefined ? silence : AbortSignal.any([signal, silence]);
    try {
      for (const statement of pinnedSettings(driver.server))
        await session.query(statement, [], { signal: ended, doing });
      return session;
    } catch (error) {
      session.destroy();
      signal?.throwIfAborted();
      if (!silence.aborted) throw error;
      throw mysqlErrorOf('CONNECTION_FAILED', `Could not ${doing}: the server does not answer`);
    }
  }

  get server(): ServerVersion {
    return this.#connection.server;
  }

  /** By which the server knows the connection: `KILL` takes it. */
  get threadId(): number {
    return this.#connection.threadId;
  }

  /** One statement, each `?` replaced by a value; gives its rows, none for a statement without. */
  query<Row = Record<string, unknown>>(
    sql: string,
    values: readonly unknown[] = [],
    { signal, doing = 'run a statement' }: QueryOptions = {},
  ): Promise<readonly Row[]> {
    const run = () =>
      new Promise<readonly Row[]>((resolve, reject) => {
        const statement = {
          sql,
          values: [...values],
          typeCast: (field: { string(): string | null }) => field.string(),
        };
        this.#connection.driver.query(statement, (error, rows) => {
          if (error !== null) reject(error);
          else resolve(Array.isArray(rows) ? (rows as Row[]) : []);
        });
      });
    return this.#during(signal, doing, run);
  }

  /** Ends the connection politely, or not at all politely after a second. Idempotent. */
  async close(): Promise<void> {
    const { driver, socket } = this.#connection;
    this.#isClosed = true;
    if (socket.destroyed) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const timer = setTimeout(() => this.destroy(), 1_000);
    driver.end(() => {}); // it is answered by the end of the connection
    await closed;
    clearTimeout(timer);
  }

  /** Cuts the connection; what waits on it rejects. The server rolls back what was open. */
  destroy(): void {
    this.#isClosed = true;
    this.#connection.socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #during<T>(signal: AbortSignal | undefined, doing: string, run: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    if (this.#failure !== null) throw mysqlError(this.#failure, doing);
    if (this.#isClosed || this.#connection.socket.destroyed) {
      throw mysqlErrorOf('CONNECTION_LOST', `Could not ${doing}: the connection is closed`);
    }
    const abort = () => this.destroy();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await run();
    } catch (error) {
      signal?.throwIfAborted();
      throw mysqlError(error, doing);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}
