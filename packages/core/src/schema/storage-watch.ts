import type { Source } from '../contracts/source.ts';
import type { Position } from '../model/position.ts';
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

export interface StorageWatchOptions {
  readonly source: Pick<Source, 'describeStorage' | 'head' | 'compare'>;
  readonly progress: Pick<StreamProgress, 'checkpoint' | 'position'>;
  readonly onFinding: (finding: StorageFinding) => Promise<unknown>;
  readonly onGone: (table: string) => void;
  /** One that was gone is there again. */
  readonly onBack: (table: string) => Promise<unknown>;
  /**
   * The log may be about to say what became of a table: one that is gone counts as gone when it is at the next look, too, and what
   * was found of another once the log has come that far without a word of it.
   */
  readonly mayBeTold: boolean;
}

/** Looks now and then whether rows of tables have got other values without a word in the log. */
export class StorageWatch {
  readonly #options: StorageWatchOptions;
  /** Tables that the source did not have the last time. */
  #gone: ReadonlySet<string> = new Set();
  readonly #told = new Set<string>();
  /** What was found, and where the log has to come to before it counts. */
  readonly #found = new Map<string, { readonly finding: StorageFinding; readonly head: Position }>();
  /** A server that does not answer is asked once. */
  #isLooking = false;

  constructor(options: StorageWatchOptions) {
    this.#options = options;
  }

  /** Never rejects: what keeps the source from answering ends the stream by itself. */
  async look(): Promise<void> {
    const { source, progress, onBack } = this.#options;
    const { tables } = progress.checkpoint;
    const watched = Object.keys(tables).filter((table) => tables[table]?.shape !== undefined || tables[table]?.gone);
    if (this.#isLooking || watched.length === 0 || source.describeStorage === undefined) return;
    this.#isLooking = true;
    try {
      const found = await source.describeStorage(watched);
      this.#foundGone(watched.filter((table) => tables[table]?.state === 'live' && !found.has(table)));
      for (const [table, now] of found) {
        if (tables[table]?.gone === true) {
          await onBack(table);
          continue;
        }
        const before = tables[table]?.storage;
        const finding = before === undefined ? first(tables[table]?.shape ?? {}, now) : compareStorage(before, now);
        if (finding !== null && finding.storage !== before) await this.#foundOther({ table, before, ...finding });
        else this.#found.delete(table);
      }
    } catch {
      // The next failure of the stream itself will say what is wrong.
    } finally {
      this.#isLooking = false;
    }
  }

  async #foundOther(finding: StorageFinding): Promise<void> {
    const { source, progress, onFinding, mayBeTold } = this.#options;
    if (!mayBeTold) return void (await onFinding(finding));
    const { table, before } = finding;
    const earlier = this.#found.get(table);
    if (earlier === undefined || earlier.finding.before !== before) {
      this.#found.set(table, { finding, head: (await source.head()).position });
      return;
    }
    if (source.compare(progress.position, earlier.head) < 0) return;
    this.#found.delete(table);
    await onFinding(earlier.finding);
  }

  #foundGone(gone: readonly string[]): void {
    for (const table of gone) {
      if (this.#told.has(table) || (this.#options.mayBeTold && !this.#gone.has(table))) continue;
      this.#told.add(table);
      this.#options.onGone(table);
    }
    this.#gone = new Set(gone);
    for (const table of this.#told) if (!this.#gone.has(table)) this.#told.delete(table);
  }
}

/** To compare with later; `null` while the log has something to tell. */
const first = (shape: object, now: TableStorage) => {
  const names = Object.keys(now.columns);
  const isSame = names.length === Object.keys(shape).length && names.every((name) => Object.hasOwn(shape, name));
  return isSame ? { isRewritten: false, storage: now } : null;
};
