/**
 * The target did not hold what the source held, so the bulk path cannot tell what is right: the changes have to be
 * applied one at a time.
 */
export class UnexpectedOutcome extends Error {
  /** What was unexpected, e.g. a SQLSTATE; never a row value. */
  readonly reason: string;

  constructor(reason: string, cause: unknown = null) {
    super(`Unexpected outcome: ${reason}`, { cause });
    this.reason = reason;
  }
}
