import { MillraceError } from '@millrace/core';

/** The number of the server's error behind an error of either form: the driver's, or one of ours with it in `details`. */
export const errnoOf = (error: unknown): number | null => {
  const from: unknown = error instanceof MillraceError ? error.details : error;
  const errno = typeof from === 'object' && from !== null && 'errno' in from ? from.errno : null;
  return typeof errno === 'number' ? errno : null;
};
