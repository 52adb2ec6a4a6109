const smallestChunk = 16 * 1024;
const largestChunk = 256 * 1024;

/** Where the memory of a batch stood. */
export interface ArenaMark {
  readonly chunks: number;
  readonly current: number;
  readonly fill: number;
}

/** How the places of rows after a mark change when they move into an arena of their own. */
export interface ArenaSplit {
  readonly arena: RowArena;
  readonly chunk: (chunk: number) => number;
  readonly offset: (chunk: number, offset: number) => number;
}

/**
 * The memory that the rows of one batch lie in: a few chunks, small at first so that a small batch retains
 * little. A row that would leave much of a chunk unused gets a buffer of its own size. Nothing else refers to the
 * chunks, so that they are freed with the batch.
 */
export class RowArena {
  #chunks: Buffer[] = [];
  #current = -1;
  #fill = 0;
  #capacity = 0;
  #next = smallestChunk;
  #placedChunk = 0;
  #placedOffset = 0;

  get chunks(): readonly Buffer[] {
    return this.#chunks;
  }

  /** Bytes retained. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Where the last room is. */
  get placedChunk(): number {
    return this.#placedChunk;
  }

  get placedOffset(): number {
    return this.#placedOffset;
  }

  /** By how much `capacity` has to grow at least before `length` bytes find room. */
  growth(length: number): number {
    return length <= this.#room() ? 0 : length;
  }

  /**
   * Finds room for so many bytes, and returns the memory to write them into, from `placedOffset` on. `capacity` grows by
   * at most `budget`, or by what they need if that is more.
   */
  reserve(length: number, budget: number): Buffer {
    if (length > this.#room()) return this.#grow(length, budget);
    this.#placedChunk = this.#current;
    this.#placedOffset = this.#fill;
    return this.#chunks[this.#current] ?? this.#grow(length, budget);
  }

  /** Keeps what has been written into the last room, up to `end`. */
  keep(end: number): void {
    if (this.#placedChunk === this.#current) this.#fill = end;
  }

  mark(): ArenaMark {
    return { chunks: this.#chunks.length, current: this.#current, fill: this.#fill };
  }

  /** Moves everything placed since `mark` out: chunks made since then as they are, the rest by a copy of that rest. */
  split(mark: ArenaMark): ArenaSplit {
    const arena = new RowArena();
    const shared = this.#chunks[mark.current];
    const sharedEnd = this.#current === mark.current ? this.#fill : (shared?.length ?? 0);
    const tail = shared === undefined || sharedEnd === mark.fill ? null : Buffer.allocUnsafeSlow(sharedEnd - mark.fill);
    if (tail !== null) {
      shared?.copy(tail, 0, mark.fill, sharedEnd);
      arena.#chunks.push(tail);
    }
    const moved = arena.#chunks.length - mark.chunks;
    arena.#chunks.push(...this.#chunks.splice(mark.chunks));
    for (const chunk of arena.#chunks) arena.#capacity += chunk.length;
    this.#capacity = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (this.#current >= mark.chunks) {
      arena.#current = this.#current + moved;
      arena.#fill = this.#fill;
    }
    arena.#next = this.#next;
    this.#current = mark.current;
    this.#fill = mark.fill;
    return {
      arena,
      chunk: (chunk) => (chunk < mark.chunks ? 0 : chunk + moved),
      offset: (chunk, offset) => (chunk < mark.chunks ? offset - mark.fill : offset),
    };
  }

  #room(): number {
    return (this.#chunks[this.#current]?.length ?? 0) - this.#fill;
  }

  #grow(length: number, budget: number): Buffer {
    // Half of what is left, so that the records of the rows find room as well.
    const size = Math.min(this.#next, Math.floor(budget / 2));
    // A chunk is left with at most a quarter of it unused.
    const alone = length * 4 > size;
    const chunk = Buffer.allocUnsafeSlow(alone ? length : size);
    this.#placedChunk = this.#chunks.push(chunk) - 1;
    this.#placedOffset = 0;
    this.#capacity += chunk.length;
    if (!alone) {
      this.#next = Math.min(this.#next * 2, largestChunk);
      this.#current = this.#placedChunk;
      this.#fill = 0;
    }
    return chunk;
  }
}
