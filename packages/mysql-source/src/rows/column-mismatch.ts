/** The log and the definition of a table say different things of a column. Internal: `tableFormat` adds the column. */
export class ColumnMismatch extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ColumnMismatch';
  }
}

/** What a column is is known, and not how to read it with certainty. Internal, likewise. */
export class UnreadableColumn extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'UnreadableColumn';
  }
}
