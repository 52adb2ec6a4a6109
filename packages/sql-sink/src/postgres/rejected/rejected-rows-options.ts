/** What happens to a row that the target refuses for what it is: a value that does not fit, a violated constraint. */
type RejectedRowsPolicy = 'stop' | 'skip' | 'dead-letter';

export interface RejectedRowsOptions {
  /**
   * `stop` (unless told): the stream ends with the error. `skip`: it goes on without the row. `dead-letter`: so, and the row
   * is kept in the table `dead_letter` beside the checkpoints, committed with what came with it.
   */
  readonly rejectedRows?:
    | RejectedRowsPolicy
    | {
        readonly policy: RejectedRowsPolicy;
        /**
         * More end the stream with `TOO_MANY_REJECTED_ROWS`: rows of this stream and sink in the table, or rows skipped by
         * this object. 1,000 unless told.
         */
        readonly maxRows?: number;
      };
}

export interface RejectedRowsSettings {
  readonly policy: RejectedRowsPolicy;
  readonly maxRows: number;
}

const isPolicy = (value: unknown): boolean => value === 'stop' || value === 'skip' || value === 'dead-letter';

/** What is wrong with the option; `null`: nothing. */
export const rejectedRowsProblem = (value: unknown): string | null => {
  const message = 'must be "stop", "skip" or "dead-letter", or { policy, maxRows } with a positive number';
  if (value === undefined || isPolicy(value)) return null;
  if (typeof value !== 'object' || value === null || !('policy' in value) || !isPolicy(value.policy)) return message;
  const maxRows = 'maxRows' in value ? value.maxRows : 1;
  return Number.isSafeInteger(maxRows) && Number(maxRows) > 0 ? null : message;
};

export const rejectedRowsSettings = ({ rejectedRows = 'stop' }: RejectedRowsOptions): RejectedRowsSettings =>
  typeof rejectedRows === 'string'
    ? { policy: rejectedRows, maxRows: 1_000 }
    : { policy: rejectedRows.policy, maxRows: rejectedRows.maxRows ?? 1_000 };
