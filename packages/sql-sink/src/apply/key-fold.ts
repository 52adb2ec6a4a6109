/** What the changes of one key come to, by the numbers of the changes that say so. */
interface FoldedKey {
  /** Whether the source had the row before the first of the changes. */
  readonly wasThere: boolean;
  /** The first delete: its old row has the key. */
  deleted: number | null;
  /** The last insert or update; `null` when the row is gone in the end. */
  last: number | null;
}

/** What many changes of one table come to. Each list in the order of the keys' first changes. */
export interface FoldedChanges {
  /** Deletes of rows that the source had before. */
  readonly deleted: readonly number[];
  /** Deletes of rows that were inserted before in the same fold: the target must not have them. */
  readonly vanished: readonly number[];
  /** The last update of rows that the source had before and has still. */
  readonly updated: readonly number[];
  /** The last insert or update of rows that the source did not have before, or deleted in between. */
  readonly inserted: readonly number[];
}

/**
 * Folds changes of one table by the key that a row had before them, so that each key is touched by at most one delete
 * and then one update or insert. Carrying out first all deletes, then the updates, then the inserts leaves the same
 * rows as the changes in their order, if no constraint between rows is violated on the way.
 *
 * A method that returns false has changed nothing: what it was given does not follow from what came before, or the
 * fold cannot say it. The changes so far have to be carried out first.
 */
export class KeyFold {
  readonly #keys = new Map<string, FoldedKey>();
  /** For updates that left columns out, the change of the same row before it; -1: what they left out is as it was. */
  readonly #incomplete = new Map<number, number>();

  insert(key: string, change: number): boolean {
    const known = this.#keys.get(key);
    if (known === undefined) this.#keys.set(key, { wasThere: false, deleted: null, last: change });
    else if (known.last === null) known.last = change;
    else return false;
    return true;
  }

  /** `isComplete`: it says every column. */
  update(key: string, change: number, isComplete: boolean): boolean {
    const known = this.#keys.get(key);
    if (known === undefined) {
      this.#keys.set(key, { wasThere: true, deleted: null, last: change });
      if (!isComplete) this.#incomplete.set(change, -1);
      return true;
    }
    if (known.last === null) return false;
    if (!isComplete) this.#incomplete.set(change, known.last);
    known.last = change;
    return true;
  }

  delete(key: string, change: number): boolean {
    const known = this.#keys.get(key);
    if (known === undefined) this.#keys.set(key, { wasThere: true, deleted: change, last: null });
    else if (known.last === null) return false;
    else {
      known.deleted ??= change;
      known.last = null;
    }
    return true;
  }

  /**
   * The changes that together say what a row is: the one given, and where it left columns out those before it, newest
   * first. `null`: it says everything by itself.
   */
  history(change: number): readonly number[] | null {
    if (!this.#incomplete.has(change)) return null;
    const changes = [change];
    for (let next = this.#incomplete.get(change); next !== undefined && next !== -1; next = this.#incomplete.get(next))
      changes.push(next);
    return changes;
  }

  result(): FoldedChanges {
    const folded = { deleted: [], vanished: [], updated: [], inserted: [] } as Record<keyof FoldedChanges, number[]>;
    for (const { wasThere, deleted, last } of this.#keys.values()) {
      if (deleted !== null && (wasThere || last === null)) folded[wasThere ? 'deleted' : 'vanished'].push(deleted);
      if (last === null) continue;
      folded[wasThere && deleted === null ? 'updated' : 'inserted'].push(last);
    }
    return folded;
  }
}
