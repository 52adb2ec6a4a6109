import { coreErrors, type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of reading the log: of the dump connection and of where it can start. */
export const dumpErrors = {
  BINLOG_PURGED: {
    recovery: 'recover',
    meaning: 'The server removed log that the stream has not read: changes in it cannot be read any more.',
  },
  BINLOG_DISABLED: { recovery: 'operator', meaning: 'The server writes no binlog.' },
  LOG_CHANGED: {
    recovery: 'retry',
    meaning: 'A file of the log was removed while the server was asked about it.',
  },
  BINLOG_CUT_OFF: {
    recovery: 'recover',
    meaning:
      'The server cannot read a file of its log to the end, as where a crash has cut off an event, and the next file says that transactions lie there which were not read. Details name file and offset.',
  },
  SERVER_ID_TAKEN: {
    recovery: 'operator',
    meaning: 'Another replica of the server has the server id of this stream: the two would end each other.',
  },
  START_NOT_POSSIBLE: { recovery: 'operator', meaning: 'The server cannot start to read where it was asked to.' },
  DUMP_REFUSED: {
    recovery: 'retry',
    meaning: 'The server will not send its log for a reason of its own; its words are in the message.',
  },
  SOURCE_SILENT: {
    recovery: 'retry',
    meaning: 'The server sent nothing for longer than a living one would; the connection was given up.',
  },
} as const satisfies ErrorTable;

export const dumpError = errorFactory(dumpErrors);

/** The server has not what a position says was read. */
export const sourceChanged = (message: string, details: Readonly<Record<string, unknown>>) =>
  errorFactory(coreErrors)('SOURCE_CHANGED', message, { details, hint: 'stream.recover() chooses where to go on' });
