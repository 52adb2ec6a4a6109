import { type PostgresConnection, PostgresSession, type ScriptOutcome, sqlstateOf } from '@millrace/postgres-client';
import type { Connection } from 'pg';
import { divertCopyData, type ListeningConnection } from '../replication/divert-copy-data.ts';

export interface CopySessionOptions {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
  readonly signal: AbortSignal;
  readonly onLost?: () => void;
}

/** Takes the content of CopyData, which lies between `start` and `end` and is valid during the call. */
type TakeCopyData = (bytes: Buffer, start: number, end: number) => void;

/**
 * Where a role may not see all rows, it must be an error: rows would be missing without a word. What is copied is found
 * by its place.
 */
const settings = { row_security: 'off', enable_tidscan: 'on', jit: 'off' };

/** The server gives up a statement whose client is gone; not on every platform. */
const noticeLostClient = async (session: PostgresSession, signal: AbortSignal): Promise<void> => {
  const text = "SELECT pg_catalog.set_config('client_connection_check_interval', '1000', false)";
  await session.query(text, [], { signal }).catch((error) => {
    if (sqlstateOf(error) === null) throw error;
  });
};

interface Receiver {
  take: TakeCopyData | null;
  connection: Connection | null;
}

/** A connection that `COPY … TO STDOUT` runs on, whose data does not pass through the driver. */
export class CopySession {
  /** For everything else. */
  readonly plain: PostgresSession;
  readonly #receiver: Receiver;

  static async open({ onLost, ...options }: CopySessionOptions): Promise<CopySession> {
    const receiver: Receiver = { take: null, connection: null };
    const prepare = (connection: Connection): void => {
      receiver.connection = connection;
      divertCopyData(connection as ListeningConnection, {
        copyData: (bytes, start, end) => receiver.take?.(bytes, start, end),
        failed: (error) => connection.stream.destroy(error instanceof Error ? error : undefined),
      });
    };
    const doing = 'connect to copy a table';
    const plain = await PostgresSession.open(options.connection, { ...options, settings, doing, onLost, prepare });
    await noticeLostClient(plain, options.signal);
    return new CopySession(plain, receiver);
  }

  private constructor(plain: PostgresSession, receiver: Receiver) {
    this.plain = plain;
    this.#receiver = receiver;
  }

  /** Runs statements in one message, so in one transaction; `take` gets what the COPYs among them send. */
  async run(text: string, take: TakeCopyData, signal: AbortSignal, doing: string): Promise<readonly ScriptOutcome[]> {
    this.#receiver.take = take;
    try {
      return await this.plain.script(text, { signal, doing });
    } finally {
      this.#receiver.take = null;
    }
  }

  /** Reads nothing more for now: the server waits with what it sends. What has been read already is still taken. */
  pause(): void {
    this.#receiver.connection?.stream.pause();
  }

  resume(): void {
    this.#receiver.connection?.stream.resume();
  }

  close(): Promise<void> {
    return this.plain.close();
  }

  /** Cuts the connection at once. Idempotent. */
  destroy(): void {
    this.plain.destroy();
  }
}
