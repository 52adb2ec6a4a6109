import type { Socket } from 'node:net';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2';
import { parseServerVersion, type ServerVersion } from '../server-version.ts';
import { driverSocket, takeSocket } from './driver-socket.ts';
import { dumpCommand, registerCommand } from './dump-commands.ts';
import { dumpError } from './dump-errors.ts';
import type { DumpStart } from './dump-start.ts';
import { PacketCutter } from './packet-cutter.ts';
import type { ReplicaIdentity } from './replica-identity.ts';
import { endMarker, errorMarker, okMarker, parseRefusal, type ServerRefusal } from './server-packet.ts';
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
  readonly connection: ConnectionOptions;
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
  readonly #driver: Connection;
  readonly #handlers: DumpHandlers;
  readonly #endsAtHead: boolean;
  readonly #cutter: PacketCutter;
  #socket: Socket;
  #server: ServerVersion | null = null;
  #answer: ((error: Error | null) => void) | null = null;
  #endedByServer = false;
  #state: 'starting' | 'streaming' | 'ended' = 'starting';

  /** Resolves when the server streams, or will say that it does not. Rejects with its refusal or the signal's reason. */
  static async open(target: DumpTarget): Promise<DumpConnection> {
    const { signal } = target;
    signal.throwIfAborted();
    const connection = new DumpConnection(target);
    const abort = () => connection.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await connection.#start(target);
      return connection;
    } catch (error) {
      connection.destroy();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private constructor({ connection, handlers, endsAtHead = false }: DumpTarget) {
    this.#driver = createConnection({ ...connection, compress: false });
    // It says once more what the socket says, and without a listener that would end the process.
    this.#driver.on('error', () => {});
    this.#socket = driverSocket(this.#driver);
    this.#handlers = handlers;
    this.#endsAtHead = endsAtHead;
    this.#cutter = new PacketCutter((payload) => this.#payload(payload));
  }

  /** By which the server knows the connection: `KILL` takes it. 0 before it has said so. */
  get threadId(): number {
    return this.#driver.threadId ?? 0;
  }

  get server(): ServerVersion {
    if (this.#server === null) throw new Error('the connection has not been opened');
    return this.#server;
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
    this.#socket.pause();
  }

  resume(): void {
    if (this.#state !== 'ended') this.#socket.resume();
  }

  /** Cuts the connection at once. Idempotent. The server notices when it next has something to send. */
  destroy(): void {
    this.#state = 'ended';
    driverSocket(this.#driver).destroy();
    this.#settle(new Error('the connection was given up'));
  }

  async #start({ identity, start, heartbeat, patience }: DumpTarget): Promise<void> {
    const server = await this.#logIn();
    this.#server = server;
    await this.#query(dumpSettings({ server, identity, start, heartbeat, patience }));
    this.#take();
    await this.#ask(registerCommand(identity));
    const dump = dumpCommand({ server, identity, start, endsAtHead: this.#endsAtHead });
    this.#state = 'streaming';
    this.#cutter.expectAnswer();
    this.#socket.write(dump);
  }

  async #logIn(): Promise<ServerVersion> {
    const [row] = await this.#query<{ readonly version: string }>('SELECT VERSION() AS version');
    return parseServerVersion(row?.version ?? '');
  }

  #query<Row>(sql: string): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      this.#settle(null);
      this.#answer = (error) => error !== null && reject(error);
      this.#driver.query(sql, (error, rows) => (error === null ? resolve(rows as Row[]) : reject(error)));
    });
  }

  #take(): void {
    this.#socket = takeSocket(this.#driver);
    this.#socket.on('data', (chunk: Buffer) => this.#data(chunk));
    this.#socket.once('error', (error) => this.#end(error));
    this.#socket.once('close', () => this.#end(dumpError('DUMP_ENDED', 'The server closed the connection')));
  }

  #ask(command: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answer = (error) => (error === null ? resolve() : reject(error));
      this.#socket.write(command);
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

  #payload(payload: Buffer): void {
    if (this.#state === 'ended') return;
    const marker = payload[0];
    this.#endedByServer = marker === errorMarker || marker === endMarker;
    if (marker === errorMarker) this.#end(new RefusalError(parseRefusal(payload)));
    else if (this.#state === 'starting') this.#settle(null);
    else if (marker === okMarker) this.#handlers.event(payload.subarray(1));
    else if (marker === endMarker) this.#eof();
    else this.#end(dumpError('PROTOCOL_VIOLATED', `A packet begins with ${marker}`));
  }

  #eof(): void {
    if (!this.#endsAtHead) {
      this.#end(dumpError('DUMP_ENDED', 'The server ended its log'));
      return;
    }
    this.destroy();
    this.#handlers.finished();
  }

  #end(error: unknown): void {
    const before = this.#state;
    if (before === 'ended') return;
    this.#state = 'ended';
    this.#socket.destroy();
    if (before === 'streaming') this.#handlers.lost(error);
    else this.#settle(error instanceof Error ? error : new Error(String(error)));
  }

  #settle(error: Error | null): void {
    const answer = this.#answer;
    this.#answer = null;
    answer?.(error);
  }
}
