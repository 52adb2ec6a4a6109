/** Rows that are not what the log says of their table. Internal: who reads an event adds the table. */
export class MalformedRow extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'MalformedRow';
  }
}
