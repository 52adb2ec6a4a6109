import { type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of reading a replication slot's messages. */
export const decodeErrors = {
  DECODE_FAILED: {
    recovery: 'bug',
    meaning:
      'A message or value of the replication stream is not what the protocol or the column type says; details name message, offset and table.',
  },
  RELATION_CHANGED: {
    recovery: 'retry',
    meaning:
      'A table with REPLICA IDENTITY FULL changed its shape, or a table has arrays of a new type; the catalog has to be read again, which the next connection does.',
  },
  BINARY_UNREADABLE: {
    recovery: 'retry',
    meaning:
      'The log brought a type of which only the text can be read; the next connection asks for text instead of the binary form.',
  },
} as const satisfies ErrorTable;

export const decodeError = errorFactory(decodeErrors);
