import type { Stream } from '@millrace/core';
import { type TestDatabase, type UntilOptions, until } from '../harness/index.ts';

/** A running stream from a source whose tables may change. */
export interface WatchedChanges {
  /** What the stream has said of schema changes. */
  readonly said: string[];
  /** The codes of its warnings. */
  readonly warnings: readonly string[];
  /** How many tables were copied anew. */
  readonly copies: number;
  /** Waits until everything has arrived and nothing is copied any more; the differences of these tables, of `items` unless told. */
  settle(tables?: readonly string[]): Promise<readonly string[]>;
}

export interface Watched {
  readonly source: { query(text: string): Promise<unknown> };
  readonly target: TestDatabase;
  readonly stream: Stream;
  readonly differences: (table: string) => Promise<readonly string[]>;
  /** The stream's message without what is different in each run. */
  readonly shortened?: (message: string) => string;
}

/** What the source needs so that the end of a change is seen at the target. */
export const markerTable = 'CREATE TABLE marker (id int PRIMARY KEY)';

/** Starts the stream and waits until it has copied everything. */
export const watchChanges = async (watched: Watched): Promise<WatchedChanges> => {
  const { source, target, stream, differences, shortened = (message) => message } = watched;
  const said: string[] = [];
  const warnings: string[] = [];
  let copies = 0;
  stream.on('schema', ({ message }) => said.push(shortened(message)));
  stream.on('warning', ({ code }) => warnings.push(code));
  stream.on('backfill', ({ state }) => {
    if (state === 'active') copies++;
  });
  const requireAlive = () => {
    const { state } = stream;
    if (state.status === 'failed-permanently') throw state.error;
    return state;
  };
  const isQuiet = () => {
    const state = requireAlive();
    const isCopied = stream.backfills.every(({ state: each }) => each === 'completed' || each === 'not-started');
    return state.status === 'running' && state.snapshot === null && isCopied;
  };
  const quiet = (options: UntilOptions): Promise<void> =>
    until(isQuiet, options).catch((error: unknown) => {
      const { state, backfills, errors } = stream;
      throw new Error(`${error}: ${JSON.stringify({ state, backfills, errors, warnings })}`, { cause: error });
    });
  await stream.start();
  await quiet({ describe: 'the first copy' });
  let count = 0;
  const isThere = async () => {
    requireAlive();
    return (await target.query('SELECT FROM marker WHERE id = $1', [count])).length > 0;
  };
  return {
    said,
    warnings,
    get copies() {
      return copies;
    },
    async settle(tables = ['items']) {
      // The second is in a group of its own: by then the stream knows what follows from the first.
      for (let marker = 1; marker <= 2; marker++) {
        await source.query(`INSERT INTO marker VALUES (${++count})`);
        await until(isThere, { describe: 'the last change', timeout: 30_000 });
      }
      await quiet({ describe: 'the last copy', timeout: 30_000 });
      const found = [];
      for (const table of tables) found.push(...(await differences(table)));
      return found;
    },
  };
};
