import type { ResolvedConnection } from './connection/connection-options.ts';

export interface ScriptSessionOptions {
  readonly connection: ResolvedConnection;
  /** By which an operator finds the connection: `millrace <stream id>`. */
  readonly applicationName: string;
  /** Ends connecting; later waits take a signal of their own. */
  readonly signal: AbortSignal;
  /** Called when the connection breaks while nothing is asked. */
  readonly onLost?: (() => void) | undefined;
  /** Statements that are run once, behind those that pin the settings of every session. */
  readonly settings?: readonly string[];
  /** What is asked of the protocol beside its own choice, by the names of the driver's flags. */
  readonly flags?: readonly string[];
  /** Completes "could not …" in errors of connecting. Default: `connect`. */
  readonly doing?: string;
  /**
   * How long the answer to a script may take before the server is asked, over another connection, whether it is at work on
   * it, in ms: a connection that is frozen in between is given up then. Absent: it is waited for.
   */
  readonly stallCheck?: number;
}
