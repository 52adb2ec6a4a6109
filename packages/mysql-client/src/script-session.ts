import { StallWatch } from '@millrace/core';
import { type Connection, format } from 'mysql2';
import { connectDriver, type DriverConnection } from './connection/driver-connection.ts';
import { mysqlError } from './connection/mysql-error.ts';
import type { QueryOptions } from './connection/mysql-session.ts';
import { pinnedSettings } from './connection/session-settings.ts';
import { stateOf } from './connection/statement-state.ts';
import { mysqlErrorOf } from './error-table.ts';
import { AnswerReader } from './protocol/answer-reader.ts';
import { dataPackets, queryPackets, quitPacket } from './protocol/command-packets.ts';
import { takeSocket } from './protocol/driver-socket.ts';
import { PacketCutter } from './protocol/packet-cutter.ts';
import type { ServerRefusal } from './protocol/server-packet.ts';
import { writeAll } from './protocol/write-all.ts';
import {
  gatherOutcomes,
  type ResultHandler,
  type Script,
  type ScriptAnswer,
  type ScriptOptions,
  type StatementOutcome,
} from './script.ts';
import type { ScriptSessionOptions } from './script-session-options.ts';
import type { ServerVersion } from './server-version.ts';

/**
 * Several statements in one message, in the plain form that commands and answers have without later additions. The driver
 * offers files to a server unless told otherwise.
 */
const ownFlags = ['MULTI_STATEMENTS', '-CLIENT_QUERY_ATTRIBUTES', '-SESSION_TRACK', '-LOCAL_FILES'];

interface Asked {
  readonly reader: AnswerReader;
  /** Data that no statement has asked for yet. */
  data: Iterable<Buffer> | null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A connection with pinned settings for several statements in one message; what is asked meanwhile waits for its turn. The driver makes
 * it; what is asked on it, and the answers, do not pass through the driver, for which every row would become objects.
 */
export class ScriptSession {
  readonly server: ServerVersion;
  readonly #connection: DriverConnection;
  readonly #stream: ReturnType<typeof takeSocket>;
  readonly #cutter: PacketCutter;
  readonly #stallWatch: StallWatch | null;
  #asked: Asked | null = null;
  /** Ends when what was asked last has its answer. */
  #answered: Promise<void> = Promise.resolve();
  /** Ends when everything is written that is to be. */
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown = null;

  /** Rejects with the signal's reason when aborted, with a `MillraceError` when the server cannot be used. */
  static async open(options: ScriptSessionOptions): Promise<ScriptSession> {
    const { connection, applicationName, signal, settings = [], flags = [], doing = 'connect' } = options;
    const asked = {
      applicationName,
      signal,
      flags: [...ownFlags.filter((own) => !flags.includes(own.slice(1))), ...flags],
    };
    const driver = await connectDriver(connection, asked).catch((error) => {
      signal.throwIfAborted();
      throw mysqlError(error, doing);
    });
    const session = new ScriptSession(driver, options);
    try {
      await session.script([...pinnedSettings(driver.server), ...settings], { signal, doing });
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  private constructor(
    driver: DriverConnection,
    { connection, applicationName, stallCheck, onLost }: ScriptSessionOptions,
  ) {
    this.#connection = driver;
    this.#stallWatch =
      stallCheck === undefined
        ? null
        : new StallWatch({
            every: stallCheck,
            ask: () => stateOf(connection, applicationName, driver.threadId),
            giveUp: (reason) => {
              this.#fail(mysqlErrorOf('CONNECTION_LOST', `The connection was given up: ${reason}`));
              this.destroy();
            },
          });
    this.server = driver.server;
    this.#stream = takeSocket(driver.driver as Connection);
    this.#cutter = new PacketCutter((bytes, start, end) => this.#take(bytes, start, end));
    this.#stream.on('data', (chunk: Buffer) => this.#read(chunk));
    driver.driver.on('error', (error) => this.#fail(error));
    this.#stream.once('close', () => {
      const isIdle = this.#asked === null && this.#failure === null;
      this.#fail(mysqlErrorOf('CONNECTION_LOST', 'The connection was closed'));
      if (isIdle) onLost?.();
    });
  }

  /** By which the server knows the connection: `KILL` takes it. */
  get threadId(): number {
    return this.#connection.threadId;
  }

  /** One statement, each `?` replaced by a value; gives its rows, none for a statement without. */
  async query<Row = Record<string, unknown>>(
    sql: string,
    values: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<readonly Row[]> {
    const statement = values.length === 0 ? sql : format(sql, [...(values as readonly string[])]);
    const outcomes = await this.script([statement], options);
    return outcomes.flatMap(({ rows, columns }) =>
      rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])) as Row),
    );
  }

  /**
   * Statements in one message, carried out one after the other until one fails; gives what each has done. A statement that
   * is given as bytes is sent as it is. None of them calls a procedure, which has several results. Rejects with the
   * signal's reason, and otherwise with a `MillraceError`: when the server refuses a statement, its details hold `errno`
   * and `statement`, its number from 0 on; the session stays usable then.
   */
  async script(
    statements: readonly (string | Buffer)[],
    { signal, doing = 'run statements', data }: ScriptOptions = {},
  ): Promise<readonly StatementOutcome[]> {
    const gathered = gatherOutcomes();
    const { socket } = this.#connection;
    const before = socket.bytesWritten;
    const ask = () => this.#ask(statements, gathered, data);
    const watch = this.#stallWatch;
    await this.#during(
      signal,
      doing,
      watch === null ? ask : () => watch.during(() => socket.bytesWritten - before, ask),
    );
    return gathered.outcomes;
  }

  /** Runs statements in one message. Aborting cuts the connection. `doing` completes "could not …". */
  async run({ statements, passed, take }: Script, signal: AbortSignal, doing: string): Promise<ScriptAnswer> {
    const gathered = gatherOutcomes();
    const { outcomes } = gathered;
    let isCut = false;
    const row = (bytes: Buffer, start: number, end: number): void => {
      if (isCut) return;
      if (take === undefined || outcomes.length !== passed) gathered.row(bytes, start, end);
      else if (!take(bytes, start, end)) {
        isCut = true;
        this.destroy();
      }
    };
    const ask = () =>
      this.#ask(statements, { ...gathered, row }).catch((error) => {
        if (!isCut) throw error;
      });
    await this.#during(signal, doing, ask);
    return { rows: outcomes.map(({ rows }) => rows), isCut };
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

  async #during(signal: AbortSignal | undefined, doing: string, ask: () => Promise<void>): Promise<void> {
    signal?.throwIfAborted();
    const abort = () => this.destroy();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await ask();
    } catch (error) {
      signal?.throwIfAborted();
      throw mysqlError(error, doing);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async #ask(
    statements: readonly (string | Buffer)[],
    handler: ResultHandler,
    data: Iterable<Buffer> | null = null,
  ): Promise<void> {
    while (this.#asked !== null && this.#failure === null) await this.#answered;
    if (this.#failure !== null) throw this.#failure;
    const answered = new Promise<void>((resolve, reject) => {
      const reader = new AnswerReader({ ...handler, file: () => this.#sendData() });
      this.#asked = { reader, data, resolve, reject };
    });
    this.#answered = answered.catch(() => {});
    this.#cutter.expectAnswer();
    this.#write(queryPackets(statements));
    try {
      await answered;
    } finally {
      // A server may refuse what it has not read to its end.
      await this.#writing;
    }
  }

  /** Without data the connection is cut: statements behind this one, a COMMIT too, would run as if nothing were missing. */
  #sendData(): void {
    const asked = this.#asked;
    if (asked === null) return;
    const { data, reader } = asked;
    if (data === null) {
      const details = { statement: reader.completed };
      this.#fail(
        mysqlErrorOf('STATEMENT_FAILED', 'The server asks for a file, and there is no data for it', { details }),
      );
      this.destroy();
      return;
    }
    asked.data = null;
    const packets = dataPackets(data, this.#cutter.sequence);
    this.#cutter.expectAnswer();
    this.#write(packets);
  }

  #write(pieces: Iterable<Buffer>): void {
    this.#writing = this.#writing
      .then(() => writeAll(this.#stream, pieces))
      .catch((error) => {
        this.#fail(error);
        this.destroy();
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
    else asked.reject(refusal(answer, asked.reader.completed));
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    const asked = this.#asked;
    this.#asked = null;
    asked?.reject(this.#failure);
  }
}

/** As the driver would say it, with the number of the statement. */
const refusal = ({ errno, sqlstate, message }: ServerRefusal, statement: number): Error =>
  Object.assign(new Error(message), { errno, sqlState: sqlstate, statement });
