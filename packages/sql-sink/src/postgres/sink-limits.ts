/** Sizes and times of a sink, and its way of applying, that only tests change. */
export interface SinkLimits {
  /** Every change is applied by itself, by the path that defines what is right. */
  readonly alwaysSequentially: boolean;
  /** Statements in one message. */
  readonly messageStatements: number;
  /** Characters of SQL in one message. */
  readonly messageCharacters: number;
  /** Bytes of COPY data in one message. */
  readonly messageBytes: number;
  /** Staging tables on one connection. */
  readonly stagingTables: number;
  /** From so many rows on a staging table is used for updates. */
  readonly stagedRows: number;
  /** From so many rows on deletes share a statement, and inserts a COPY. */
  readonly sharedRows: number;
  /** Statements prepared on one connection. */
  readonly preparedStatements: number;
  /** Chunks of copies written at once, on a connection each. */
  readonly parallelChunks: number;
  /** Milliseconds an open transaction may stay idle before the server ends it. */
  readonly idleTransactionTimeout: number;
  /** Milliseconds between two signs of life inside an open transaction. */
  readonly keepAliveInterval: number;
  /** Milliseconds to wait for the connection that wrote before to be gone. */
  readonly zombiePatience: number;
}

export const defaultSinkLimits: SinkLimits = {
  alwaysSequentially: false,
  messageStatements: 500,
  messageCharacters: 256 * 1024,
  messageBytes: 8 * 1024 * 1024,
  stagingTables: 8,
  stagedRows: 50,
  sharedRows: 8,
  preparedStatements: 200,
  parallelChunks: 4,
  idleTransactionTimeout: 60_000,
  keepAliveInterval: 20_000,
  zombiePatience: 75_000,
};
