import { type ErrorTable, errorFactory } from '@millrace/core';

/**
 * What the errors of the SQL sinks mean, beside those of their connections. A sink uses those that its database can lead to.
 */
export const sqlSinkErrors = {
  INVALID_OPTIONS: {
    recovery: 'operator',
    meaning: 'The options of the sink are wrong; `details.problems` lists every one with its path.',
  },
  FENCED: {
    recovery: 'operator',
    meaning: 'Another process owns the stream now. Nothing was written after it took over; never retried.',
  },
  ZOMBIE_ALIVE: {
    recovery: 'retry',
    meaning: 'A connection that wrote before may still write, and this user may not end it.',
  },
  SINK_NOT_OPEN: {
    recovery: 'bug',
    meaning: 'The sink was used before `open`, after `close`, or after an error that ended its connection.',
  },
  SERVER_READ_ONLY: {
    recovery: 'retry',
    meaning: 'The target is a standby, where nothing can be written, e.g. while another server takes over from it.',
  },
  POOLER_NOT_SUPPORTED: {
    recovery: 'operator',
    meaning:
      'Statements of one session do not reach one session of the server with the settings that were asked for: a pooler or proxy lies in between.',
  },
  CHECKPOINT_TABLE_FOREIGN: {
    recovery: 'operator',
    meaning: 'A table where the checkpoints should lie was not made by Millrace, or is kept without transactions.',
  },
  CHECKPOINT_TABLE_TOO_NEW: {
    recovery: 'operator',
    meaning: 'The checkpoint table was made by a newer version of Millrace.',
  },
  CHECKPOINT_CORRUPT: { recovery: 'operator', meaning: 'A row of the checkpoint table was changed by something else.' },
  COMMIT_ROLLED_BACK: {
    recovery: 'retry',
    meaning: 'The server answered COMMIT with ROLLBACK: nothing of the group was written.',
  },
  SIDE_MOVED: {
    recovery: 'retry',
    meaning: 'The checkpoint of a side stream is not where it ended: something else has written with it.',
  },
  SEQUENTIAL_NEEDED: {
    recovery: 'retry',
    meaning:
      'A piece of a large transaction met a row that it did not expect. The next attempt applies that transaction one change at a time.',
  },
  ROW_MISSING: {
    recovery: 'operator',
    meaning: 'An update met no row at the target and does not carry the whole row, or `missingRow` is "error".',
  },
  ROW_NOT_WRITTEN: {
    recovery: 'operator',
    meaning: 'The target accepted a row without writing it: a trigger or a rule swallowed it.',
  },
  ROW_NOT_IDENTIFIED: {
    recovery: 'operator',
    meaning:
      'An update or delete does not say which row it is about: the log of the source does not identify the rows of the table.',
  },
  CONSTRAINT_IN_THE_WAY: {
    recovery: 'operator',
    meaning:
      'While a table is copied, rows of different moments meet at the target; a constraint there, for which the sink cannot make room, refused one.',
  },
  CONFLICT: {
    recovery: 'operator',
    meaning: 'An insert met a row with its key at the target, and `conflict` is "error".',
  },
  TARGET_TABLE_MISSING: { recovery: 'operator', meaning: 'A table that is written to does not exist at the target.' },
  TARGET_TABLE_UNSUITABLE: {
    recovery: 'operator',
    meaning:
      'What has the name of a target table is a view, a foreign table, a table of an engine without transactions, or something else whose rows the sink could not keep.',
  },
  TARGET_TABLE_EXISTS: {
    recovery: 'operator',
    meaning: 'A table whose copy is about to begin exists at the target, and `schemaPolicy` is "fail-if-exists".',
  },
  TARGET_TABLE_HAS_DEPENDENTS: {
    recovery: 'operator',
    meaning:
      'A table that is to be dropped or emptied is needed by something else at the target: a view, or a foreign key of another table.',
  },
  TARGET_NOT_EMPTY: {
    recovery: 'operator',
    meaning:
      'A table whose rows are to be copied holds rows at the target, which the copy could not tell from its own.',
  },
  TARGET_INDEX_STRICTER: {
    recovery: 'operator',
    meaning:
      'A table has a unique index at the target that refuses rows which are to be written: the source lacks it, or rows are appended, or rows stay that the source has deleted.',
  },
  TARGET_KEY_MISSING: {
    recovery: 'operator',
    meaning: 'The target table has no unique index over the columns by which the log identifies rows.',
  },
  KEY_COLLATION: {
    recovery: 'operator',
    meaning:
      'A key column of a target table has a collation under which keys are equal that differ for the source: rows would be lost.',
  },
  SCHEMA_CHANGE_FAILED: {
    recovery: 'operator',
    meaning:
      'A table of the source has changed, and its target cannot follow: the server refused the statement, or would change values by it without an error.',
  },
  SCHEMA_UNEXPECTED: {
    recovery: 'operator',
    meaning:
      'Something else changed a table while the sink did, whose connection broke: whether its statement was carried out cannot be told.',
  },
  NAME_TAKEN: {
    recovery: 'operator',
    meaning: 'Two tables of the source, or two columns of one, would have the same name at the target.',
  },
  NAME_TOO_LONG: {
    recovery: 'operator',
    meaning: 'PostgreSQL would cut off the name of a table or a column that is to be made there.',
  },
  NAME_UNKNOWN: {
    recovery: 'operator',
    meaning: 'The sink has a name for a table or a column that the stream does not capture.',
  },
  WRITE_MODE_UNSUITABLE: {
    recovery: 'operator',
    meaning: 'A table cannot be written in the way that `writeMode` and `deletes` ask for.',
  },
  ROW_INCOMPLETE: {
    recovery: 'operator',
    meaning:
      'An update of a table that is appended to does not say the whole row: the log leaves out large values that have not changed.',
  },
  TOO_MANY_REJECTED_ROWS: {
    recovery: 'operator',
    meaning: 'The target has refused more rows than `rejectedRows.maxRows` allows to be left out.',
  },
  TRUNCATE_CASCADE: {
    recovery: 'operator',
    meaning: 'A truncated table is referenced by rows of a target table that the stream does not write.',
  },
} as const satisfies ErrorTable;

/** Makes an error of this package from its table. */
export const sqlSinkError = errorFactory(sqlSinkErrors);
