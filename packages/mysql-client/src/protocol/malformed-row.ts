/** A row that is not what is known of its table. Internal: who reads it adds the table. */
export class MalformedRow extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'MalformedRow';
  }
}
