/** A table of a scenario, in the schema `public`. */
export interface Table {
  readonly name: string;
  /** The statement that makes it, alike at the source and at the target. */
  readonly create: string;
  /** Without a key only inserts can be streamed. */
  readonly keyed: boolean;
  /** What a stream that transforms makes of a row `t`, as SQL of type text; unless told, the same row. */
  readonly transformed?: string;
}

/** Changes that a client makes one transaction at a time, from several connections at once. */
export interface ClientLoad {
  readonly kind: 'clients';
  /** A pgbench script: one transaction. */
  readonly script: string;
  readonly clients: number;
  /** Of all clients together. */
  readonly transactions: number;
}

/** Changes that statements make inside the server; each may commit as often as it likes. */
interface StatementLoad {
  readonly kind: 'statements';
  readonly statements: readonly string[];
}

/** What is streamed in a scenario. */
export interface Workload {
  readonly tables: readonly Table[];
  /** Run at the source and at the target alike before the log begins that is measured. */
  readonly preload: readonly string[];
  readonly load: ClientLoad | StatementLoad;
  /** How many rows the load changes: what is counted per second. */
  readonly changes: number;
}
