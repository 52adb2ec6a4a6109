/** What a reading program is to do, as JSON. */
export interface ReadTask {
  readonly connection: string;
  readonly slot: string;
  readonly publication: string;
  /** The tables, for programs that want to know them. */
  readonly tables: readonly string[];
  /** How many changes there are; the program says `done` when it has had so many. */
  readonly changes: number;
  /** Milliseconds to leave the socket alone after a small read, for the program that has a socket of its own. */
  readonly pause: number;
  readonly profile: string | null;
}

/** What it has counted by then. */
export interface ReadCount {
  readonly changes: number;
}
