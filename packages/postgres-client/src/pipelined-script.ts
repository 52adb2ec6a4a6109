import type { Writable } from 'node:stream';
import type { Connection, Submittable } from 'pg';

/** What the server says of one statement that it has run. */
export interface StatementOutcome {
  readonly rowCount: number;
  /** The command tag's first word, e.g. `COMMIT`: what the server did, which may be `ROLLBACK`. */
  readonly command: string;
}

export interface ScriptOutcome extends StatementOutcome {
  /** The values of its last row. */
  readonly row: readonly (string | null)[] | null;
}

/**
 * The data of one `COPY … FROM STDIN`: CopyData messages in pieces, without the one that ends them. They may be made while
 * they are sent, so that the server is at work already; throwing then makes the COPY fail.
 */
export type CopyData = Iterable<Uint8Array>;

/** One of them is called, once. */
interface ScriptSettlement {
  readonly resolve: (outcomes: readonly ScriptOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

const copyDone = Buffer.from([0x63, 0, 0, 0, 4]);
/** Bytes that are worth a call of the system. */
const together = 64 * 1024;
const copyFail = Buffer.from([0x66, 0, 0, 0, 5, 0]);

/**
 * Several statements in one Query message, and right behind it the data of the COPYs among them, in their order: one
 * round trip. If a statement fails the server runs none of those after it, and drops what was sent for them (PostgreSQL
 * manual, "Message Flow": Simple Query, COPY Operations).
 *
 * Its methods are what the driver calls on the query it is running.
 */
export class PipelinedScript implements Submittable {
  readonly #text: string;
  readonly #copies: readonly CopyData[];
  readonly #settle: ScriptSettlement;
  readonly #outcomes: ScriptOutcome[] = [];
  #copied = 0;
  #row: readonly (string | null)[] | null = null;
  #bytes: number;
  /** Why there is no more data. */
  #failure: unknown = null;

  constructor(text: string, copies: readonly CopyData[], settle: ScriptSettlement) {
    this.#text = text;
    this.#copies = copies;
    this.#settle = settle;
    this.#bytes = text.length;
  }

  /** About how many bytes have been sent. */
  get bytes(): number {
    return this.#bytes;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    stream.cork();
    connection.query(this.#text);
    try {
      for (const data of this.#copies) {
        for (const piece of data) this.#write(stream, piece);
        this.#write(stream, copyDone);
      }
    } catch (error) {
      this.#failure = error;
      stream.write(copyFail);
    }
    stream.uncork();
  }

  /** Small pieces go out together. */
  #write(stream: Writable, piece: Uint8Array): void {
    this.#bytes += piece.length;
    stream.write(piece);
    if (stream.writableLength < together) return;
    stream.uncork();
    stream.cork();
  }

  handleCopyInResponse(connection: Connection): void {
    // The server would wait for ever for data that nobody has.
    if (++this.#copied > this.#copies.length) connection.stream.destroy(new Error('A COPY without data'));
  }

  handleRowDescription(): void {}

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#row = fields;
  }

  handleEmptyQuery(): void {}

  /** The tag is a word, or several, and for most commands a number of rows at the end. */
  handleCommandComplete({ text }: { readonly text: string }): void {
    const rows = /\d+$/.exec(text)?.[0];
    this.#outcomes.push({ command: /^[A-Z]*/.exec(text)?.[0] ?? '', rowCount: Number(rows ?? 0), row: this.#row });
    this.#row = null;
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#outcomes);
  }

  handleError(error: unknown): void {
    this.#settle.reject(this.#failure ?? error);
  }
}
