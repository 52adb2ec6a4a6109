import { type Connection, format } from 'mysql2';
import type { ResolvedConnection } from './connection/connection-options.ts';
import { connectDriver, type DriverConnection } from './connection/driver-connection.ts';
import { mysqlError } from './connection/mysql-error.ts';
import { pinnedSettings } from './connection/session-settings.ts';
import { mysqlErrorOf } from './error-table.ts';
import { AnswerReader } from './protocol/answer-reader.ts';
import { queryPackets, quitPacket } from './protocol/command-packets.ts';
import { takeSocket } from './protocol/driver-socket.ts';
import { PacketCutter } from './protocol/packet-cutter.ts';
import { rowTexts } from './protocol/row-texts.ts';
import type { ServerRefusal } from './protocol/server-packet.ts';
import type { ServerVersion } from './server-version.ts';

export interface ScriptSessionOptions {
  readonly connection: ResolvedConnection;
  /** By which an operator finds the connection: `millrace <stream id>`. */
  readonly applicationName: string;
  /** Ends connecting; later waits take a signal of their own. */
  readonly signal: AbortSignal;
  /** Called when the connection breaks while nothing is asked. */
  readonly onLost?: (() => void) | undefined;
  /** Statements that are run once, behind those that pin the settings of every session. */
  readonly settings?: readonly string[];
  /** What is asked of the protocol beside its own choice, by the names of the driver's flags. */
  readonly flags?: readonly string[];
  /** Completes "could not …" in errors of connecting. Default: `connect`. */
  readonly doing?: string;
}

/** The rows of a statement as texts. */
export type TextRows = readonly (readonly (string | null)[])[];

/** Takes a row as it came. False: no more are wanted, and the connection is cut. */
export type TakeRow = (bytes: Buffer, start: number, end: number) => boolean;

export interface Script {
  /** Sent together, and carried out one after the other until one fails. */
  readonly statements: readonly string[];
  /** The number of the statement whose rows are passed on one by one, instead of being gathered. */
  readonly passed?: number;
  readonly take?: TakeRow;
}

/** What statements gave: the rows of each; `isCut`: no more rows were wanted, and the session is gone. */
export interface ScriptAnswer {
  readonly rows: readonly TextRows[];
  readonly isCut: boolean;
}

/** Several statements in one message, in the plain form that commands and answers have without later additions. */
const ownFlags = ['MULTI_STATEMENTS', '-CLIENT_QUERY_ATTRIBUTES', '-SESSION_TRACK'];

interface Asked {
  readonly reader: AnswerReader;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A connection with pinned settings for several statements in one message. The driver makes it; what is asked on it, and the answers, do not pass
 * through the driver, for which every row would become objects.
 */
export class ScriptSession {
  readonly server: ServerVersion;
  readonly #connection: DriverConnection;
  readonly #stream: ReturnType<typeof takeSocket>;
  readonly #cutter: PacketCutter;
  #asked: Asked | null = null;
  #failure: unknown = null;

  /** Rejects with the signal's reason when aborted, with a `MillraceError` when the server cannot be used. */
  static async open(options: ScriptSessionOptions): Promise<ScriptSession> {
    const { connection, applicationName, signal, onLost, settings = [], flags = [], doing = 'connect' } = options;
    const asked = { applicationName, signal, flags: [...ownFlags, ...flags] };
    const driver = await connectDriver(connection, asked).catch((error) => {
      signal.throwIfAborted();
      throw mysqlError(error, doing);
    });
    const session = new ScriptSession(driver, onLost);
    const abort = () => session.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      for (const statement of [...pinnedSettings(driver.server), ...settings]) await session.query(statement);
      return session;
    } catch (error) {
      session.destroy();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private constructor(connection: DriverConnection, onLost: (() => void) | undefined) {
    this.#connection = connection;
    this.server = connection.server;
    this.#stream = takeSocket(connection.driver as Connection);
    this.#cutter = new PacketCutter((bytes, start, end) => this.#take(bytes, start, end));
    this.#stream.on('data', (chunk: Buffer) => this.#read(chunk));
    connection.driver.on('error', (error) => this.#fail(error));
    this.#stream.once('close', () => {
      const isIdle = this.#asked === null && this.#failure === null;
      this.#fail(mysqlErrorOf('CONNECTION_LOST', 'The connection was closed'));
      if (isIdle) onLost?.();
    });
  }

  /** One statement, each `?` replaced by a value; gives its rows, none for a statement without. */
  async query<Row = Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    let names: readonly string[] = [];
    const rows: unknown[] = [];
    const statement = values.length === 0 ? sql : format(sql, [...(values as readonly string[])]);
    const asked = this.#ask(statement, {
      columns: (given) => {
        names = given;
      },
      row: (bytes, start, end) => {
        const texts = rowTexts(bytes, start, end, names.length);
        rows.push(Object.fromEntries(names.map((name, index) => [name, texts[index]])));
      },
      end: () => {},
    });
    await asked.catch((error) => {
      throw mysqlError(error, 'ask the server about its tables');
    });
    return rows as Row[];
  }

  /** Runs statements in one message. Aborting cuts the connection. `doing` completes "could not …". */
  async run({ statements, passed, take }: Script, signal: AbortSignal, doing: string): Promise<ScriptAnswer> {
    const rows: (string | null)[][][] = [[]];
    let columns = 0;
    let isCut = false;
    signal.throwIfAborted();
    const abort = () => this.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await this.#ask(statements.join(';\n'), {
        columns: ({ length }) => {
          columns = length;
        },
        row: (bytes, start, end) => {
          if (isCut) return;
          if (rows.length - 1 !== passed || take === undefined) rows.at(-1)?.push(rowTexts(bytes, start, end, columns));
          else if (!take(bytes, start, end)) {
            isCut = true;
            this.destroy();
          }
        },
        end: () => rows.push([]),
      });
      return { rows, isCut };
    } catch (error) {
      signal.throwIfAborted();
      if (isCut) return { rows, isCut };
      throw mysqlError(error, doing);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Reads nothing more for now: the server waits with what it sends. What has come already is still taken. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Ends the connection politely, or not at all politely after a second. Idempotent. */
  async close(): Promise<void> {
    const { socket } = this.#connection;
    if (socket.destroyed) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const timer = setTimeout(() => this.destroy(), 1_000);
    this.#stream.write(quitPacket);
    await closed;
    clearTimeout(timer);
  }

  /** Cuts the connection at once: the server rolls back what was open. Idempotent. */
  destroy(): void {
    this.#connection.socket.destroy();
    this.#stream.destroy();
  }

  #ask(sql: string, handler: ConstructorParameters<typeof AnswerReader>[0]): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#asked !== null) return Promise.reject(new TypeError('The session is in the middle of something'));
    return new Promise((resolve, reject) => {
      this.#asked = { reader: new AnswerReader(handler), resolve, reject };
      this.#cutter.expectAnswer();
      for (const packet of queryPackets(sql)) this.#stream.write(packet);
    });
  }

  #read(chunk: Buffer): void {
    try {
      this.#cutter.cut(chunk);
    } catch (error) {
      this.#fail(error);
      this.destroy();
    }
  }

  #take(bytes: Buffer, start: number, end: number): void {
    const asked = this.#asked;
    if (asked === null) return;
    const answer = asked.reader.push(bytes, start, end);
    if (answer === false) return;
    this.#asked = null;
    if (answer === true) asked.resolve();
    else asked.reject(refusal(answer));
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    const asked = this.#asked;
    this.#asked = null;
    asked?.reject(this.#failure);
  }
}

/** As the driver would say it. */
const refusal = ({ errno, sqlstate, message }: ServerRefusal): Error =>
  Object.assign(new Error(message), { errno, sqlState: sqlstate });
