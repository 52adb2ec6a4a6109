import { type ErrorTable, errorFactory } from '@millrace/core';
import { lsnErrors } from './lsn.ts';
import { decodeErrors } from './pgoutput/decode-error.ts';

/** Errors of the PostgreSQL source. Those of its connections are in `postgresErrors` of `@millrace/postgres-client`. */
export const postgresSourceErrors = {
  ...lsnErrors,
  ...decodeErrors,
  INVALID_OPTIONS: {
    recovery: 'operator',
    meaning: 'Options of the source are wrong; `details.problems` lists every one with its path.',
  },
  NOT_OPEN: { recovery: 'bug', meaning: 'A method was called on a source that is not open, or twice on one that is.' },
  SLOT_MISSING: {
    recovery: 'recover',
    meaning: 'The replication slot is gone, and with it the guarantee that the log reaches back to the checkpoint.',
  },
  SLOT_LOST: {
    recovery: 'recover',
    meaning: 'The server removed log that the slot still needed, or invalidated the slot for another reason.',
  },
  SLOT_AHEAD: {
    recovery: 'recover',
    meaning:
      'The slot is confirmed past the position to continue from: the server would silently start later and skip changes.',
  },
  SOURCE_BEHIND: {
    recovery: 'recover',
    meaning:
      'The log of the server ends, or has become another one, before the position to continue from: it was set back, and would silently skip changes.',
  },
  IN_RECOVERY: {
    recovery: 'retry',
    meaning: 'The server is a standby whose slots are those of the primary: they can be read once it is promoted.',
  },
  SLOT_IN_USE: { recovery: 'retry', meaning: 'Another client reads from the replication slot.' },
  NO_FREE_SLOT: { recovery: 'operator', meaning: 'Every replication slot the server may have exists already.' },
  SLOT_UNUSABLE: {
    recovery: 'operator',
    meaning:
      'The slot of this name is not one this source can read: another plugin, another database, with `two_phase`, or physical.',
  },
  PUBLICATION_MISSING: { recovery: 'operator', meaning: 'The publication does not exist.' },
  PUBLICATION_INCOMPLETE: {
    recovery: 'operator',
    meaning:
      'A captured table, or one of its captured operations, is not published: its changes would silently be missing.',
  },
  PUBLICATION_CHANGED: {
    recovery: 'retry',
    meaning:
      'Somebody took a captured table or operation out of the publication while it was read; the next connection puts the table back into a publication of the stream, or says what is lacking.',
  },
  PUBLICATION_TOO_NEW: {
    recovery: 'recover',
    meaning: 'The publication is younger than the log the slot starts at; the server cannot read with it from there.',
  },
  EVENT_TRIGGER_MISSING: {
    recovery: 'operator',
    meaning: "`ddl: 'event-trigger'` asks for an event trigger at the source that the stream's role may not make.",
  },
  NO_REPLICA_IDENTITY: {
    recovery: 'operator',
    meaning:
      'Publishing updates and deletes of a table without replica identity would make its own statements fail, or partitions do not log what tells their rows apart.',
  },
  ROW_FILTER_NOT_POSSIBLE: {
    recovery: 'operator',
    meaning:
      'The server cannot use the condition (`where`) of a table: it is older than PostgreSQL 15, or the condition is wrong.',
  },
  ROW_FILTER_DIFFERS: {
    recovery: 'operator',
    meaning:
      'A publication publishes other rows of a table than its `where` asks for; it was made without it, or `where` has changed.',
  },
  TABLE_MISSING: { recovery: 'operator', meaning: 'A captured table does not exist or cannot be captured.' },
  TABLE_AMBIGUOUS: {
    recovery: 'operator',
    meaning: 'Two captured tables have the same `schema.table`: there is a dot in the name of a schema or of a table.',
  },
  TABLE_NOT_COPYABLE: {
    recovery: 'operator',
    meaning:
      'The rows that a table has already cannot be copied: its key is published only in part, or it is not clear which rows the publications publish.',
  },
  QUERY_NOT_POSSIBLE: {
    recovery: 'operator',
    meaning:
      'The query of a table cannot be run, does more than to read, or makes no table: by two columns of one name, its `key`, or a name that the source has.',
  },
  COPY_OUTDATED: {
    recovery: 'retry',
    meaning:
      'A table was rewritten, truncated, dropped or got another shape while it was copied; its copy starts over.',
  },
  CATALOG_CHANGED: {
    recovery: 'retry',
    meaning:
      'A table is younger than what was read of the catalog, or has another primary key; it is read again with the next connection.',
  },
  SOURCE_SILENT: {
    recovery: 'retry',
    meaning: 'The server answered nothing for longer than a living one would; the connection was given up.',
  },
  SOURCE_SHUTTING_DOWN: {
    recovery: 'retry',
    meaning: 'The server waits with its shutdown for changes that no sink has taken; the connection was given up.',
  },
} as const satisfies ErrorTable;

export const sourceError = errorFactory(postgresSourceErrors);
