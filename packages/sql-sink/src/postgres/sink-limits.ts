/** Sizes and times of a sink, and its way of applying, that only tests change. */
export interface SinkLimits {
  /** Every change is applied by itself, by the path that defines what is right. */
  readonly alwaysSequentially: boolean;
  /** Statements in one message, and rows in one statement. */
  readonly messageStatements: number;
  /** Characters of SQL in one message. */
  readonly messageCharacters: number;
  /** Statements prepared on one connection. */
  readonly preparedStatements: number;
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
  preparedStatements: 200,
  idleTransactionTimeout: 60_000,
  keepAliveInterval: 20_000,
  zombiePatience: 75_000,
};
