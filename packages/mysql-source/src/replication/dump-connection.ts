import type { Socket } from 'node:net';
import {
  connectDriver,
  type DriverConnection,
  endMarker,
  errorMarker,
  mysqlErrorOf,
  okMarker,
  PacketCutter,
  parseRefusal,
  type ResolvedConnection,
  type ServerRefusal,
  type ServerVersion,
  takeSocket,
} from '@millrace/mysql-client';
import { dumpCommand, registerCommand } from './dump-commands.ts';
import type { DumpStart } from './dump-start.ts';
import type { ReplicaIdentity } from './replica-identity.ts';
import { dumpSettings } from './session-settings.ts';

/** The server's answer to a command, or to a dump that went on for a while. */
export class RefusalError extends Error {
  readonly refusal: ServerRefusal;

  constructor(refusal: ServerRefusal) {
    super(`${refusal.message} (errno ${refusal.errno})`);
    this.refusal = refusal;
  }
}

/**
 * What a dump calls back, synchronously, inside the socket's own event. Throwing ends the connection with that error.
 */
export interface DumpHandlers {
  /** The bytes of one event, which may be kept. */
  readonly event: (event: Buffer) => void;
  /** After each read of the socket, with how many bytes it held. */
  readonly read: (bytes: number) => void;
  /** Called once, as the last one, when the server has sent everything up to its head; only with `endsAtHead`. */
  readonly finished: () => void;
  /** Called once, as the last one, when the connection has ended for any reason but `finished` and `destroy`. */
  readonly lost: (error: unknown) => void;
}

export interface DumpTarget {
  readonly connection: ResolvedConnection;
  /** By which an operator finds the connection: `millrace <stream id>`. */
  readonly applicationName: string;
  readonly identity: ReplicaIdentity;
  readonly start: DumpStart;
  /** Ends at what is the newest event then, instead of waiting for more. */
  readonly endsAtHead?: boolean;
  /** Milliseconds without an event after which the server sends a heartbeat. */
  readonly heartbeat: number;
  /** Seconds for which the server waits while we do not read. */
  readonly patience: number;
  readonly handlers: DumpHandlers;
  /** Ends opening. */
  readonly signal: AbortSignal;
}

/**
 * A connection over which a server sends its log as to a replica, used once. The driver makes it, encrypts it and logs
 * in; what comes after the dump command is cut into events here.
 */
export class DumpConnection {
  readonly #connection: DriverConnection;
  readonly #handlers: DumpHandlers;
  readonly #endsAtHead: boolean;
  readonly #cutter: PacketCutter;
  /** The driver's, or what encrypts over it. */
  #stream: Socket | null = null;
  #answer: ((error: Error | null) => void) | null = null;
  #endedByServer = false;
  #state: 'starting' | 'streaming' | 'ended' = 'starting';

  /** Resolves when the server streams, or will say that it does not. Rejects with its refusal or the signal's reason. */
  static async open(target: DumpTarget): Promise<DumpConnection> {
    const { signal } = target;
    // A replica needs no right to a database.
    const options = { ...target.connection, database: null };
    const driver = await connectDriver(options, { applicationName: target.applicationName, signal });
    const connection = new DumpConnection(driver, target);
    const abort = () => connection.destroy();
    signal.addEventListener('abort', abort, { once: true });
    // A server that has let us in may still fall silent before it streams.
    const timer = setTimeout(abort, options.connectTimeout);
    try {
      await connection.#start(target);
      return connection;
    } catch (error) {
      connection.destroy();
      signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  private constructor(connection: DriverConnection, { handlers, endsAtHead = false }: DumpTarget) {
    this.#connection = connection;
    this.#handlers = handlers;
    this.#endsAtHead = endsAtHead;
    this.#cutter = new PacketCutter((bytes, start, end) => this.#payload(bytes, start, end));
  }

  /** By which the server knows the connection: `KILL` takes it. */
  get threadId(): number {
    return this.#connection.threadId;
  }

  get server(): ServerVersion {
    return this.#connection.server;
  }

  /** Bytes held of an event that has not come as a whole. */
  get pendingBytes(): number {
    return this.#cutter.pendingBytes;
  }

  /** Whether the server has said that it has ended the dump, so that nothing of it is left there. */
  get endedByServer(): boolean {
    return this.#endedByServer;
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    if (this.#state !== 'ended') this.#stream?.resume();
  }

  /** Cuts the connection at once. Idempotent. The server notices when it next has something to send. */
  destroy(): void {
    this.#state = 'ended';
    this.#connection.socket.destroy();
    this.#settle(new Error('the connection was given up'));
  }

  async #start({ identity, start, heartbeat, patience }: DumpTarget): Promise<void> {
    const { server } = this.#connection;
    await this.#set(dumpSettings({ server, identity, start, heartbeat, patience }));
    const stream = this.#take();
    await this.#ask(stream, registerCommand(identity));
    const dump = dumpCommand({ server, identity, start, endsAtHead: this.#endsAtHead });
    this.#state = 'streaming';
    this.#cutter.expectAnswer();
    stream.write(dump);
  }

  #set(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answer = (error) => error !== null && reject(error);
      this.#connection.driver.query(sql, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  #take(): Socket {
    const stream = takeSocket(this.#connection.driver);
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#data(chunk));
    stream.once('error', (error) => this.#end(error));
    stream.once('close', () => this.#end(new Error('the server closed the connection')));
    return stream;
  }

  #ask(stream: Socket, command: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answer = (error) => (error === null ? resolve() : reject(error));
      stream.write(command);
    });
  }

  #data(chunk: Buffer): void {
    if (this.#state === 'ended') return;
    try {
      this.#cutter.cut(chunk);
      if (this.#state === 'streaming') this.#handlers.read(chunk.length);
    } catch (error) {
      this.#end(error);
    }
  }

  #payload(bytes: Buffer, start: number, end: number): void {
    if (this.#state === 'ended') return;
    const marker = start < end ? bytes[start] : undefined;
    this.#endedByServer = marker === errorMarker || marker === endMarker;
    if (marker === errorMarker) this.#end(new RefusalError(parseRefusal(bytes.subarray(start, end))));
    else if (this.#state === 'starting') this.#settle(null);
    else if (marker === okMarker) this.#handlers.event(bytes.subarray(start + 1, end));
    else if (marker === endMarker) this.#eof();
    else this.#end(mysqlErrorOf('PROTOCOL_VIOLATED', `A packet begins with ${marker}`));
  }

  #eof(): void {
    if (!this.#endsAtHead) {
      this.#end(new Error('the server ended the dump'));
      return;
    }
    this.destroy();
    this.#handlers.finished();
  }

  #end(error: unknown): void {
    const before = this.#state;
    if (before === 'ended') return;
    this.#state = 'ended';
    this.#connection.socket.destroy();
    if (before === 'streaming') this.#handlers.lost(error);
    else this.#settle(error instanceof Error ? error : new Error(String(error)));
  }

  #settle(error: Error | null): void {
    const answer = this.#answer;
    this.#answer = null;
    answer?.(error);
  }
}
