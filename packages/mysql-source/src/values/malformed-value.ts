/** A value that is not what its column's type says. Says what is wrong, never the value; the row adds table and column. */
export class MalformedValue extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'MalformedValue';
  }
}
