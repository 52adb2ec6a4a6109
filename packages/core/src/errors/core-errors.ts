import { type ErrorTable, errorFactory } from './error-table.ts';
import { MillraceError } from './millrace-error.ts';

/** Errors of the stream itself, whatever its connectors are. */
export const coreErrors = {
  INVALID_OPTIONS: {
    recovery: 'operator',
    meaning:
      'The options of `createStream` or of a connector are wrong; `details.problems` lists every one with its path.',
  },
  VALIDATION_FAILED: {
    recovery: 'operator',
    meaning:
      'Source or sink cannot be used as they are; `details.items` lists every problem with the SQL or option that fixes it.',
  },
  NOT_POSSIBLE: { recovery: 'operator', meaning: 'The stream cannot do that in its present status.' },
  INTERRUPTED: {
    recovery: 'operator',
    meaning: 'A later call (`stop`, `pause`) ended what this call was waiting for.',
  },
  FENCED: {
    recovery: 'operator',
    meaning:
      'Another process runs the same stream now. This one wrote nothing after it lost its epoch, and never tries again by itself.',
  },
  SOURCE_CHANGED: {
    recovery: 'recover',
    meaning: 'The checkpoint belongs to another source: another server, database or slot.',
  },
  START_NOT_POSSIBLE: {
    recovery: 'operator',
    meaning: 'The log cannot be read from where `startFrom` says: it has no such place, or cannot find it.',
  },
  POSITION_NOT_HELD: {
    recovery: 'recover',
    meaning: 'The log of a source does not reach back to the position that the stream must continue from.',
  },
  POSITION_INCOMPARABLE: {
    recovery: 'recover',
    meaning: 'Neither of two positions contains the other, so nothing can be said about what is missing.',
  },
  CHECKPOINT_CORRUPT: {
    recovery: 'operator',
    meaning: 'A checkpoint file is torn, was changed, or was written by something else.',
  },
  COLUMNS_NOT_POSSIBLE: {
    recovery: 'operator',
    meaning:
      '`tables` leaves out or masks a column of a key, truncates one that is no text, or names one that is not there.',
  },
  TRANSFORM_FAILED: {
    recovery: 'operator',
    meaning: '`transform` threw, changed a key column, or added a column that is not declared in `columns`.',
  },
  ENCODE_FAILED: {
    recovery: 'operator',
    meaning:
      'A JavaScript value that `transform` or a connector has set has no text that could be written; the message names table and column.',
  },
  VALUE_TOO_LARGE: {
    recovery: 'operator',
    meaning: 'The text of a value is longer than strings of JavaScript can be: about 512 MB.',
  },
  TRANSACTION_TOO_LARGE: {
    recovery: 'operator',
    meaning: 'A sink takes transactions as a whole, and one takes more than `spill.maxBytes`.',
  },
  COPY_ABANDONED: {
    recovery: 'operator',
    meaning: 'A table was taken out of the stream and is there again: changes to it are missing.',
  },
  BACKFILL_NOT_POSSIBLE: {
    recovery: 'operator',
    meaning:
      'A table cannot be copied beside the stream: its rows are only appended, or source or sink have no side streams.',
  },
  SCHEMA_CHANGED: {
    recovery: 'operator',
    meaning:
      'A captured table has got other columns or another name, was dropped, truncated or is new, and `schemaChanges` says `exception` for that.',
  },
  COPY_OUTDATED: {
    recovery: 'retry',
    meaning: 'A table got other columns while it was copied, or was dropped: its copy starts over.',
  },
  ROWS_REWRITTEN: {
    recovery: 'retry',
    meaning: 'A table was rewritten while it was copied beside the stream: its copy starts over.',
  },
  HANDLER_FAILED: { recovery: 'retry', meaning: 'A handler threw; its batch is delivered again.' },
  CONNECTOR_FAILED: {
    recovery: 'retry',
    meaning: 'A connector failed with an error that does not say what it means; its cause is attached.',
  },
  CONNECTOR_INVALID: { recovery: 'bug', meaning: 'A connector broke its contract.' },
} as const satisfies ErrorTable;

export const coreError = errorFactory(coreErrors);

/** Whatever a connector threw, as an error that says what may be done about it. */
export const asMillraceError = (error: unknown): MillraceError => {
  if (error instanceof MillraceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isTooLong = error instanceof Error && 'code' in error && error.code === 'ERR_STRING_TOO_LONG';
  return coreError(isTooLong ? 'VALUE_TOO_LARGE' : 'CONNECTOR_FAILED', message, { cause: error });
};
