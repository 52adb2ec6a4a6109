/** A value of a type, in each form that somebody sees. Tests hold sources and sinks to them, and docs/ shows them. */
export interface DocumentedValue {
  /** SQL of the source. */
  readonly sql: string;
  /** As the source gives it to an SQL sink. */
  readonly text: string;
  /** What the target prints of it; absent: the same text. */
  readonly printed?: string;
  /** What functions see. */
  readonly javascript: unknown;
}

/** A type of the source, with values at its edges. */
export interface DocumentedType {
  /** As a column is declared. */
  readonly type: string;
  /** Other types that become the same. */
  readonly alike?: readonly string[];
  /** What the column is to the server, where that is another type. */
  readonly native?: string;
  /** The only kind of server that has the type, or has it so. */
  readonly only?: 'mysql' | 'mariadb';
  readonly values: readonly DocumentedValue[];
  /** What becomes of its values otherwise, in Markdown. */
  readonly note?: string;
}
