import type { Socket } from 'node:net';
import { StallWatch, type StatementState } from '@millrace/core';
import pg, { type Connection } from 'pg';
import { type ClientConfigOptions, type PostgresConnection, pinnedClientConfig } from './client-config.ts';
import { postgresErrorOf } from './error-table.ts';
import { type CopyData, PipelinedScript, type ScriptOutcome, type StatementOutcome } from './pipelined-script.ts';
import { postgresError, sqlstateOf } from './postgres-error.ts';

export interface SessionOptions extends ClientConfigOptions {
  /** Ends connecting; later waits take a signal of their own. */
  readonly signal?: AbortSignal | undefined;
  /** Completes "could not …" in errors, e.g. `connect to the source`. */
  readonly doing?: string;
  /**
   * How long an answer may take, in ms, before the server is asked over a second connection whether it is still at
   * work; if it is not, the connection is cut. Absent: an answer is waited for as long as the connection lasts.
   */
  readonly stallCheck?: number | undefined;
  /** Called with the driver's connection before it is made, by who wants to listen to the server himself. */
  readonly prepare?: ((connection: Connection) => void) | undefined;
  /** Called once when the connection breaks while it is idle, e.g. because the server shuts down. */
  readonly onLost?: (() => void) | undefined;
}

/** The outcome of one statement with its rows. */
export interface StatementResult<R = Record<string, unknown>> extends StatementOutcome {
  readonly rows: readonly R[];
  /** What the server says of their columns, in order. */
  readonly fields: readonly pg.FieldDef[];
}

interface ScriptOptions {
  readonly signal?: AbortSignal | undefined;
  readonly doing?: string;
  /** For each `COPY … FROM STDIN` of the script its data, in their order. May be used again once the script is done. */
  readonly copies?: readonly CopyData[];
}

/** The driver's types leave it out. */
type ClientWithConnection = pg.Client & { readonly connection: Connection };

const outcome = <R>(result: pg.QueryResult): StatementResult<R> => ({
  rows: result.rows as R[],
  fields: result.fields,
  rowCount: result.rowCount ?? 0,
  command: result.command,
});

/** One connection with pinned settings. Values come and go as text. */
export class PostgresSession implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #socket: Socket;
  readonly #stallWatch: StallWatch | null;
  #pid: string | null = null;
  #failure: unknown = null;

  private constructor(client: pg.Client, socket: Socket, connection: PostgresConnection, options: SessionOptions) {
    const { applicationName, stallCheck, onLost } = options;
    this.#client = client;
    this.#socket = socket;
    this.#stallWatch =
      stallCheck === undefined
        ? null
        : new StallWatch({
            every: stallCheck,
            ask: () => stateOf(connection, applicationName, this.#pid),
            giveUp: (reason) => this.#socket.destroy(new Error(reason)),
          });
    // An idle connection that breaks is an event without a listener otherwise, which would end the process.
    client.on('error', (error) => {
      const first = this.#failure === null;
      this.#failure ??= error;
      if (first) onLost?.();
    });
  }

  /** Rejects with the signal's reason when aborted, with a `MillraceError` when the server cannot be used. */
  static async open(connection: PostgresConnection, options: SessionOptions): Promise<PostgresSession> {
    const { signal, doing = 'connect' } = options;
    signal?.throwIfAborted();
    const { config, socket } = pinnedClientConfig(connection, options);
    const client = new pg.Client({ ...config, types: { getTypeParser: () => String } });
    options.prepare?.((client as ClientWithConnection).connection);
    const session = new PostgresSession(client, socket, connection, options);
    await session
      .#during(
        signal,
        doing,
        () => 0,
        async () => {
          await client.connect();
          // The setting exists from PostgreSQL 17 on, so it cannot be a startup option.
          const { rows } = await client.query<{ pid: string }>(`SELECT pg_catalog.pg_backend_pid() AS pid,
          (SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout')`);
          session.#pid = rows[0]?.pid ?? null;
        },
      )
      .catch((error) => {
        session.destroy();
        throw error;
      });
    return session;
  }

  /** One statement; parameters are text, `null` or arrays of them. Aborting destroys the connection. */
  query<R = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
    options: { readonly signal?: AbortSignal | undefined; readonly doing?: string } = {},
  ): Promise<StatementResult<R>> {
    return this.#during(
      options.signal,
      options.doing ?? 'run a statement',
      () => sizeOf(text, values),
      async () => outcome<R>(await this.#client.query({ text, values: [...values] })),
    );
  }

  /**
   * Several statements in one message, without parameters: one round trip, and the server stops at the first failure
   * (PostgreSQL manual, "Simple Query"). Resolves with the outcome of each.
   */
  script(text: string, options: ScriptOptions = {}): Promise<readonly ScriptOutcome[]> {
    const { signal, doing = 'run statements', copies = [] } = options;
    let bytes = () => 0;
    const run = () =>
      new Promise<readonly ScriptOutcome[]>((resolve, reject) => {
        const script = new PipelinedScript(text, copies, { resolve, reject });
        bytes = () => script.bytes;
        this.#client.query(script);
      });
    return this.#during(signal, doing, () => bytes(), run);
  }

  /** Ends the connection politely, or not at all politely after a second. Idempotent. */
  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    const timer = setTimeout(() => this.destroy(), 1_000);
    await this.#client.end().catch(() => {});
    clearTimeout(timer);
    this.destroy();
  }

  /** Cuts the connection; what waits on it rejects. The server rolls back what was open. */
  destroy(): void {
    this.#socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #during<T>(
    signal: AbortSignal | undefined,
    doing: string,
    bytes: () => number,
    run: () => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    if (this.#failure !== null) throw postgresError(this.#failure, doing);
    if (this.#socket.destroyed)
      throw postgresErrorOf('CONNECTION_LOST', `Could not ${doing}: the connection is closed`);
    const abort = () => this.destroy();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await (this.#stallWatch === null ? run() : this.#stallWatch.during(bytes, run));
    } catch (error) {
      signal?.throwIfAborted();
      throw postgresError(error, doing);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}

/** About how many bytes a statement is sent with. */
const sizeOf = (text: string, values: readonly unknown[]): number =>
  values.reduce<number>((size, value) => size + (typeof value === 'string' ? value.length : 0), text.length);

/** Whether a backend is at work, asked over a connection of its own. */
const stateOf = async (
  connection: PostgresConnection,
  applicationName: string,
  pid: string | null,
): Promise<StatementState> => {
  const signal = AbortSignal.timeout(5_000);
  try {
    await using session = await PostgresSession.open(connection, { applicationName, signal });
    // In the middle of a COPY it is not idle, but waits for more rows.
    const ask = `SELECT coalesce(state LIKE 'idle%' OR wait_event = 'ClientRead', false) AS waits
      FROM pg_catalog.pg_stat_activity WHERE pid = $1`;
    const { rows } = await session.query<{ waits: string }>(ask, [pid], { signal });
    return rows[0]?.waits === 'f' ? 'working' : 'waiting';
  } catch (error) {
    // A server that refuses to be asked, e.g. because nobody gets a connection now, is within reach.
    return sqlstateOf(error) === null ? 'unknown' : 'working';
  }
};
