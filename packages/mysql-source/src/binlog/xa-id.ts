import type { EventReader } from './event-reader.ts';
import { MalformedEvent } from './malformed-event.ts';

const longestPart = 64;

/** The name of an XA transaction as servers log it: `X'…',X'…',1`. */
export const formatXaId = (global: string, branch: string, format: number): string =>
  `X'${global}',X'${branch}',${format}`;

/** Reads what ends a prepared transaction, behind the header of the event. */
export const readXaPrepare = (reader: EventReader): { xid: string; onePhase: boolean } => {
  const onePhase = reader.uint8() !== 0;
  const format = reader.uint32();
  const globalLength = reader.uint32();
  const branchLength = reader.uint32();
  if (globalLength > longestPart || branchLength > longestPart)
    throw new MalformedEvent('the name of its XA transaction is too long');
  const global = reader.view(globalLength).toString('hex');
  const branch = reader.view(branchLength).toString('hex');
  return { xid: formatXaId(global, branch, format), onePhase };
};
