import type { Source } from '../contracts/source.ts';
import type { TableStorage } from '../model/table-storage.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { compareStorage } from './explained-change.ts';

/** What has become of the storage of a table since the checkpoint was saved. */
export interface StorageFinding {
  readonly table: string;
  /** What it was found to differ from; `undefined`: nothing was known. */
  readonly before: TableStorage | undefined;
  readonly storage: TableStorage;
  /** Its rows may have got other values. */
  readonly isRewritten: boolean;
}

/** Looks now and then whether rows of tables have got other values without a word in the log. */
export class StorageWatch {
  readonly #source: Pick<Source, 'describeStorage'>;
  readonly #progress: Pick<StreamProgress, 'checkpoint'>;
  readonly #onFinding: (finding: StorageFinding) => Promise<unknown>;
  readonly #onGone: (table: string) => void;
  /** Tables that the source did not have the last time. */
  #gone: ReadonlySet<string> = new Set();
  /** A server that does not answer is asked once. */
  #isLooking = false;

  constructor(
    source: Pick<Source, 'describeStorage'>,
    progress: Pick<StreamProgress, 'checkpoint'>,
    onFinding: (finding: StorageFinding) => Promise<unknown>,
    onGone: (table: string) => void,
  ) {
    this.#source = source;
    this.#progress = progress;
    this.#onFinding = onFinding;
    this.#onGone = onGone;
  }

  /** Never rejects: what keeps the source from answering ends the stream by itself. */
  async look(): Promise<void> {
    const { tables } = this.#progress.checkpoint;
    const watched = Object.keys(tables).filter((table) => tables[table]?.shape !== undefined);
    if (this.#isLooking || watched.length === 0 || this.#source.describeStorage === undefined) return;
    this.#isLooking = true;
    try {
      const found = await this.#source.describeStorage(watched);
      const gone = watched.filter((table) => tables[table]?.state === 'live' && !found.has(table));
      for (const table of gone) if (!this.#gone.has(table)) this.#onGone(table);
      this.#gone = new Set(gone);
      for (const [table, now] of found) {
        const before = tables[table]?.storage;
        const finding = before === undefined ? first(tables[table]?.shape ?? {}, now) : compareStorage(before, now);
        if (finding !== null && finding.storage !== before) await this.#onFinding({ table, before, ...finding });
      }
    } catch {
      // The next failure of the stream itself will say what is wrong.
    } finally {
      this.#isLooking = false;
    }
  }
}

/** To compare with later; `null` while the log has something to tell. */
const first = (shape: object, now: TableStorage) => {
  const names = Object.keys(now.columns);
  const isSame = names.length === Object.keys(shape).length && names.every((name) => Object.hasOwn(shape, name));
  return isSame ? { isRewritten: false, storage: now } : null;
};
