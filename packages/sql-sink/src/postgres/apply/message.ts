import { type CopyData, type PostgresSession, type ScriptOutcome, sqlstateOf } from '@millrace/postgres-client';
import { rowsNotWritten } from '../../apply/rows-not-written.ts';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import { CopyBuffer, CopyMemory } from './copy-buffer.ts';
import { unexpectedRows } from './expected-rows.ts';

/**
 * What a statement or its rows are to blame for: a violation may depend on the order of changes, and one change at a
 * time tells which one it was. Everything else is about the connection or the server.
 */
const ofStatements = /^(0A|21|22|23|2F|38|39|42|44|54|P0)/;

/** A message with more than this is sent before anything else is added to it. */
export interface MessageLimits {
  readonly statements: number;
  /** Of SQL. */
  readonly characters: number;
  /** Of COPY data; so much memory is kept for the next messages. */
  readonly bytes: number;
}

interface Copy {
  /** The number of its statement. */
  readonly at: number;
  readonly data: CopyData;
  readonly rows: number;
  /** The table as SQL. */
  readonly into: string;
}

/** What tells, before a COMMIT is sent, that a COPY wrote every row: a statement behind it, or its outcome alone. */
export type CopyProof = 'statement' | 'outcome';

/** Statements that go to the server together, with the data of the COPYs among them. */
export class Message {
  readonly #session: PostgresSession;
  readonly #limits: MessageLimits;
  #texts: string[] = [];
  #copies: Copy[] = [];
  #needsLook = false;
  #characters = 0;
  #bytes = 0;
  readonly #copyMemory: CopyMemory;

  constructor(session: PostgresSession, limits: MessageLimits) {
    this.#session = session;
    this.#limits = limits;
    this.#copyMemory = new CopyMemory(limits.bytes);
  }

  /** For the data of a COPY that will be part of this message. */
  copyBuffer(): CopyBuffer {
    return new CopyBuffer(this.#copyMemory);
  }

  /** Appends a statement. That it meets the rows it should is its own business. */
  add(sql: string): void {
    this.#texts.push(sql);
    this.#characters += sql.length;
  }

  /** Appends a COPY of so many rows. The statement that proves it has to follow, where one does. */
  addCopy(sql: string, into: string, data: CopyData, rows: number, proof: CopyProof = 'outcome'): void {
    if (proof === 'outcome') this.#needsLook = true;
    this.#copies.push({ at: this.#texts.length, data, rows, into });
    this.add(sql);
    if (Array.isArray(data)) for (const { length } of data) this.#bytes += length;
  }

  /** How many statements there are. */
  get length(): number {
    return this.#texts.length;
  }

  /** Whether there are COPYs of which only the outcome says what they did: before a COMMIT is sent (invariant 9). */
  get needsLook(): boolean {
    return this.#needsLook;
  }

  get isFull(): boolean {
    const { statements, characters, bytes } = this.#limits;
    return this.#texts.length >= statements || this.#characters >= characters || this.#bytes >= bytes;
  }

  /** Forgets what was not sent. */
  clear(): void {
    this.#texts = [];
    this.#copies = [];
    this.#needsLook = false;
    this.#characters = 0;
    this.#bytes = 0;
  }

  /** Sends what there is. Rejects with `UnexpectedOutcome` when the changes have to be applied one at a time. */
  async send(signal: AbortSignal, doing: string): Promise<readonly ScriptOutcome[]> {
    if (this.#texts.length === 0) return [];
    const text = this.#texts.join(';\n');
    const statements = this.#texts.length;
    const copied = this.#copies;
    const copies = copied.map(({ data }) => data);
    this.clear();
    const outcomes = await this.#session.script(text, { signal, doing, copies }).catch((error) => {
      this.#copyMemory.forget();
      if (error instanceof Error && error.cause instanceof UnexpectedOutcome) throw error.cause;
      const sqlstate = sqlstateOf(error);
      if (sqlstate === null || !ofStatements.test(sqlstate)) throw error;
      const isCount = sqlstate === unexpectedRows;
      throw new UnexpectedOutcome(isCount ? 'another number of rows than expected' : `SQLSTATE ${sqlstate}`, error);
    });
    this.#copyMemory.release();
    if (outcomes.length !== statements)
      throw new Error(`The server answered ${outcomes.length} of ${statements} statements`);
    for (const { at, into, rows } of copied) if (outcomes[at]?.rowCount !== rows) throw rowsNotWritten(into);
    return outcomes;
  }
}
