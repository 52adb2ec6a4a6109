import type { Socket } from 'node:net';
import { type PostgresConnection, pinnedClientConfig, postgresError } from '@millrace/postgres-client';
import pg from 'pg';
import { LogicalReplicationService } from 'pg-logical-replication';
import { divertCopyData, type ListeningConnection } from './divert-copy-data.ts';
import { holdEarlyErrors } from './hold-early-errors.ts';
import { type WalHandlers, WalMessages } from './wal-messages.ts';

/**
 * What a replication connection calls back, synchronously, inside the socket's own event. Throwing ends the connection
 * with that error.
 */
export interface ReplicationHandlers extends WalHandlers {
  /** Called once, as the last one, when the connection has ended for any reason but `finish` and `destroy`. */
  readonly lost: (error: unknown) => void;
}

export interface ReplicationTarget {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
  /** The text of `START_REPLICATION`. */
  readonly statement: string;
  readonly handlers: ReplicationHandlers;
  readonly signal: AbortSignal;
}

const doing = 'read the replication slot';

/** `object_not_in_prerequisite_state`, the one warning of pgoutput. */
const skippedPublication = '55000';

/**
 * From PostgreSQL 18 on a publication that does not exist at the place of the log being read is skipped with a
 * warning, and every change it would publish with it; older servers raise an error (invariant 3).
 */
export class PublicationSkipped extends Error {}

/** How long the server may take to end politely. */
const goodbye = 1_500;

/** The driver's connection with the methods its types leave out. */
interface CopyConnection extends ListeningConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * One logical replication connection, used once. The service makes the connection and runs `START_REPLICATION`;
 * everything it offers beyond that is left off, because it confirms what was received instead of what is durable,
 * confirms one byte too many, and stops answering the server while it waits for a consumer. What the walsender sends
 * does not reach it: that is read, positions are confirmed, the server is answered and reading is paused from here.
 */
export class ReplicationConnection {
  readonly #driver: CopyConnection;
  readonly #socket: Socket;
  readonly #handlers: ReplicationHandlers;
  readonly #service: LogicalReplicationService;
  readonly #closed: Promise<void>;
  readonly #messages: WalMessages;
  #state: 'starting' | 'streaming' | 'finishing' | 'ended' = 'starting';

  /** Resolves when the server streams. Rejects with the driver's or the server's error, or the signal's reason. */
  static async open(target: ReplicationTarget): Promise<ReplicationConnection> {
    const { signal } = target;
    signal.throwIfAborted();
    const connection = new ReplicationConnection(target);
    try {
      await connection.#start(target.statement, signal);
      return connection;
    } catch (error) {
      connection.destroy();
      signal.throwIfAborted();
      throw error;
    }
  }

  private constructor({ connection, applicationName, handlers }: ReplicationTarget) {
    // A warning of the output plugin matters, whatever level the role has chosen.
    const settings = { client_min_messages: 'warning' };
    const { config, socket } = pinnedClientConfig(connection, { applicationName, settings });
    const replication = { ...config, replication: 'database' } as const;
    // Made here only to have the connection it makes before the service has it.
    this.#driver = new pg.Client(replication as pg.ClientConfig).connection as CopyConnection;
    this.#socket = socket;
    this.#handlers = handlers;
    this.#messages = new WalMessages(handlers);
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()));
    holdEarlyErrors(this.#driver);
    this.#service = new LogicalReplicationService({ ...replication, connection: this.#driver } as pg.ClientConfig, {
      acknowledge: { auto: false, timeoutSeconds: 0 },
      flowControl: { enabled: false },
    });
  }

  /** The furthest position that anything was received with. */
  get received(): bigint {
    return this.#messages.received;
  }

  /** Whether a small message could wait here for long: the peer does not take what was written. */
  get congested(): boolean {
    return this.#driver.stream.writableLength > 16 * 1024;
  }

  pause(): void {
    this.#driver.stream.pause();
  }

  resume(): void {
    if (this.#state !== 'ended') this.#driver.stream.resume();
  }

  /** Sends one message to the walsender. Does nothing before streaming and after the end. */
  send(message: Buffer): void {
    if (this.#state === 'streaming') this.#driver.sendCopyFromChunk(message);
  }

  /**
   * Ends the stream politely, so that what was sent before is certainly read by the server; cuts it after 1.5 s.
   * What still arrives is dropped.
   */
  async finish(): Promise<void> {
    if (this.#state !== 'streaming') return this.destroy();
    this.#state = 'finishing';
    // An unread byte at closing would make the kernel reset the connection, and the last status could be lost with it.
    this.#driver.stream.resume();
    this.#driver.endCopyFrom();
    this.#driver.end();
    const timer = setTimeout(() => this.#socket.destroy(), goodbye);
    await this.#closed;
    clearTimeout(timer);
    this.destroy();
  }

  /** Cuts the connection at once. Idempotent. */
  destroy(): void {
    this.#state = 'ended';
    this.#driver.stream.destroy();
    this.#socket.destroy();
  }

  #start(statement: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = () => {
        if (this.#state === 'starting') ended(signal.reason);
      };
      signal.addEventListener('abort', aborted, { once: true });
      const ended = (error: unknown) => {
        const before = this.#state;
        this.destroy();
        if (before === 'starting') reject(error);
        else if (before === 'streaming') this.#handlers.lost(error);
      };
      divertCopyData(this.#driver, {
        copyData: (bytes, start, end) => {
          if (this.#state === 'streaming') this.#messages.read(bytes, start, end);
        },
        failed: ended,
      });
      this.#service.on('error', ended);
      this.#service.on('start', () => {
        if (this.#state !== 'starting') return;
        this.#state = 'streaming';
        resolve();
      });
      const plugin = {
        name: 'pgoutput',
        options: {},
        start: (client: pg.Client) => {
          if (this.#state !== 'starting') throw new Error('the connection was given up');
          client.on('notice', (notice) => {
            if (notice.code === skippedPublication) ended(new PublicationSkipped(notice.message));
          });
          return client.query(statement);
        },
        parse: () => ended(new Error('the driver took what is not for it')),
      };
      this.#service
        .subscribe(plugin, '')
        .then(() => ended(new Error('the server ended the stream')), ended)
        .catch(() => {});
    });
  }
}

/** What a failed replication connection means where the source knows nothing better. */
export const replicationFailure = (error: unknown) => postgresError(error, doing);
