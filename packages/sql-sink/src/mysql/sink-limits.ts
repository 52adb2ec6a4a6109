/** Sizes and times of a sink, and its way of applying, that only tests change. */
export interface SinkLimits {
  /** Every change is applied by itself, by the path that defines what is right. */
  readonly alwaysSequentially: boolean;
  /** Statements in one message. */
  readonly messageStatements: number;
  /** Bytes of one message. */
  readonly messageBytes: number;
  /** From so many rows on they are loaded as data, where the server allows it. */
  readonly loadedRows: number;
  /** Chunks of copies written at once, on a connection each. */
  readonly parallelChunks: number;
  /** Milliseconds between two signs of life inside an open transaction. */
  readonly keepAliveInterval: number;
  /** Whole seconds to wait for a row that somebody else has locked. */
  readonly rowPatience: number;
  /** Milliseconds to wait for the connection that wrote before to be gone. */
  readonly zombiePatience: number;
}

export const defaultSinkLimits: SinkLimits = {
  alwaysSequentially: false,
  messageStatements: 1_000,
  messageBytes: 4 * 1024 * 1024,
  loadedRows: 50,
  parallelChunks: 4,
  keepAliveInterval: 20_000,
  rowPatience: 50,
  zombiePatience: 75_000,
};
