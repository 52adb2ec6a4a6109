import { coreErrors, type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of positions in a binlog. */
export const positionErrors = {
  BINLOG_POSITION_INVALID: {
    recovery: 'operator',
    meaning:
      'A position is not of a binlog: it is neither a set of GTIDs, with or without `@file:offset`, nor `file:offset`.',
  },
  GTID_OUT_OF_ORDER: {
    recovery: 'operator',
    meaning:
      'Sequence numbers of a MariaDB domain do not grow along its binlog, so that a GTID position does not say what lies before it.',
  },
} as const satisfies ErrorTable;

export const positionError = errorFactory(positionErrors);

const coreError = errorFactory(coreErrors);

export const invalid = (what: string, text: string): Error =>
  positionError('BINLOG_POSITION_INVALID', `Not ${what}: ${JSON.stringify(text.slice(0, 80))}`);

/** Neither of two positions contains the other. */
export const incomparable = (reason: string, a: { toString(): string }, b: { toString(): string }): Error =>
  coreError('POSITION_INCOMPARABLE', `Two positions of the binlog cannot be compared: ${reason}`, {
    details: { a: String(a), b: String(b) },
  });
