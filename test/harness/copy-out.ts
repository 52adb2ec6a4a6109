import type pg from 'pg';

/** Reads what a `COPY … TO STDOUT` sends. Its methods are what the driver calls on the query it is running. */
class CopyOut implements pg.Submittable {
  readonly #text: string;
  readonly #resolve: (pieces: readonly Buffer[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #pieces: Buffer[] = [];

  constructor(text: string, resolve: (pieces: readonly Buffer[]) => void, reject: (error: unknown) => void) {
    this.#text = text;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#text);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.#pieces.push(Buffer.from(chunk));
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#resolve(this.#pieces);
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }
}

/** The data of a `COPY … TO STDOUT`, one piece for each message of the server. */
export const copyOut = (client: pg.Client, text: string): Promise<readonly Buffer[]> =>
  new Promise((resolve, reject) => {
    client.query(new CopyOut(text, resolve, reject));
  });
