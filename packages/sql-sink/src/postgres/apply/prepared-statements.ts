/** Gives the SQL that stands for the next parameter, which has this type. */
export type Parameter = (type: string) => string;

/** The statements that one connection has prepared. The one used longest ago goes first when there are too many. */
export class PreparedStatements {
  readonly #limit: number;
  readonly #names = new Map<string, string>();
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The name of the statement of a shape; `text` makes it when it is new, of the parameters it asks for by their types.
   * What has to run before it is used, once, goes to `prepare`.
   */
  nameOf(shape: string, text: (parameter: Parameter) => string, prepare: (sql: string) => void): string {
    const known = this.#names.get(shape);
    if (known !== undefined) {
      this.#names.delete(shape);
      this.#names.set(shape, known);
      return known;
    }
    const name = `millrace_${++this.#count}`;
    const types: string[] = [];
    const statement = text((type) => `$${types.push(type)}`);
    this.#evict(prepare);
    prepare(`PREPARE ${name}${types.length === 0 ? '' : ` (${types.join(', ')})`} AS ${statement}`);
    this.#names.set(shape, name);
    return name;
  }

  /** Forgets everything, after `DEALLOCATE ALL`. */
  clear(): void {
    this.#names.clear();
  }

  #evict(prepare: (sql: string) => void): void {
    for (const [shape, name] of this.#names) {
      if (this.#names.size < this.#limit) return;
      this.#names.delete(shape);
      prepare(`DEALLOCATE ${name}`);
    }
  }
}
