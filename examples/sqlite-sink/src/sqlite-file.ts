import { mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { coreErrors, errorFactory } from '@millrace/core';
import initSqlJs, { type Database } from 'sql.js';

const coreError = errorFactory(coreErrors);
const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * A database in memory and its durable copy in a file. All sinks of a process that write to one file share one of these,
 * and take turns. The process that took the file last is the only one that can replace it.
 */
export class SqliteFile {
  readonly #path: string;
  /** Where this process writes what is to replace the file. Whoever takes the file moves it away, with what is in it. */
  #directory: string | null = null;
  /** As the file is, unless a change is under way; `null`: not read yet. */
  #database: Database | null = null;
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the file away from every other process. */
  take(signal: AbortSignal): Promise<void> {
    return this.#inTurn(signal, () => this.#take());
  }

  /** Resolves when what `work` did is durable. Rejects with nothing changed, or with all of it if aborted too late. */
  change<T>(signal: AbortSignal, work: (database: Database) => Promise<T>): Promise<T> {
    return this.#inTurn(signal, async () => {
      if (this.#directory === null) await this.#take();
      this.#database ??= await this.#read();
      const database = this.#database;
      try {
        database.run('BEGIN');
        const result = await work(database);
        database.run('COMMIT');
        signal.throwIfAborted();
        await this.#replace(database.export());
        return result;
      } catch (error) {
        // Memory may be ahead of the file now.
        this.#forget();
        throw error;
      }
    });
  }

  /** What is durable, whichever process has the file. */
  async read<T>(work: (database: Database) => T): Promise<T> {
    const database = await this.#read();
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  async #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#lastTurn;
    let end = () => {};
    this.#lastTurn = new Promise((resolve) => {
      end = resolve;
    });
    const waited = new AbortController();
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true, signal: waited.signal });
    });
    try {
      signal.throwIfAborted();
      await Promise.race([before, aborted]);
      signal.throwIfAborted();
      return await work();
    } finally {
      waited.abort();
      void before.then(end);
    }
  }

  async #take(): Promise<void> {
    const prefix = `${basename(this.#path)}.writer-`;
    const directory = await mkdtemp(join(dirname(this.#path), prefix));
    for (const name of await readdir(dirname(this.#path)))
      if (name.startsWith(prefix) && name !== basename(directory))
        await rename(join(dirname(this.#path), name), join(directory, name)).catch((error: unknown) => {
          // Another process that takes the file has moved it.
          if (!isMissing(error)) throw error;
        });
    this.#directory = directory;
    this.#forget();
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true });
  }

  async #replace(contents: Uint8Array): Promise<void> {
    const temporary = join(this.#directory ?? '', 'database');
    try {
      await writeDurably(temporary, contents);
      await rename(temporary, this.#path);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw coreError('FENCED', `Another process took the file ${this.#path}`, { cause: error });
    }
    await using parent = await open(dirname(this.#path));
    await parent.sync();
  }

  async #read(): Promise<Database> {
    const { Database } = await initSqlJs();
    try {
      return new Database(await readFile(this.#path));
    } catch (error) {
      if (!isMissing(error)) throw error;
      return new Database();
    }
  }

  #forget(): void {
    this.#database?.close();
    this.#database = null;
  }
}

const writeDurably = async (path: string, contents: Uint8Array): Promise<void> => {
  await using file = await open(path, 'w');
  await file.writeFile(contents);
  await file.sync();
};
