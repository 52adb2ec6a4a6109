import { sqlSinkError } from '../../error-table.ts';
import type { Claim } from './checkpoint-sql.ts';

/** Somebody else has taken the row. */
export const claimLost = ({ stream, sink, epoch }: Claim) =>
  sqlSinkError('FENCED', `Another process owns stream "${stream}" now: epoch ${epoch} is over`, {
    details: { stream, sink, epoch },
  });
