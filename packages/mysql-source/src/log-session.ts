/** A plain connection to the server, for what is asked beside the log. Integers may come as numbers or as text. */
export interface LogSession {
  query<Row = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/**
 * Asks the server over a connection that is not the dump's. Rejects within a second of the signal, with its reason; then
 * what was asked may still be running there.
 */
export type Ask = <T>(use: (session: LogSession) => Promise<T>, signal: AbortSignal) => Promise<T>;
