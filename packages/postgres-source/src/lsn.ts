import { type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of positions in a PostgreSQL log. */
export const lsnErrors = {
  POSITION_INVALID: {
    recovery: 'operator',
    meaning:
      'A position is not a PostgreSQL LSN such as `16/B374D848`: it is mistyped, or belongs to another kind of source.',
  },
} as const satisfies ErrorTable;

const lsnError = errorFactory(lsnErrors);

const lsnText = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i;
const largest = 0xffff_ffff_ffff_ffffn;

/**
 * The number behind an LSN's text: two hexadecimal numbers of up to 8 digits, in either case (PostgreSQL manual,
 * "pg_lsn Type"). Throws `POSITION_INVALID` for any other text.
 */
export const parseLsn = (text: string): bigint => {
  const [, high, low] = lsnText.exec(text) ?? [];
  if (high === undefined || low === undefined)
    throw lsnError('POSITION_INVALID', `Not a PostgreSQL LSN: ${JSON.stringify(text.slice(0, 40))}`);
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
};

/** The text PostgreSQL prints: upper-case hexadecimal without leading zeros. Equal LSNs have equal texts. */
export const formatLsn = (lsn: bigint): string => {
  if (lsn < 0n || lsn > largest) throw lsnError('POSITION_INVALID', `Not a 64-bit LSN: ${lsn}`);
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase();
};

/** The LSN in 8 bytes of a replication message (PostgreSQL manual, "Streaming Replication Protocol"). */
export const readLsn = (buffer: Buffer, offset: number): bigint => buffer.readBigUInt64BE(offset);

/** The order of two LSNs in text form, as a source's `compare` gives it. Throws `POSITION_INVALID`. */
export const compareLsn = (a: string, b: string): -1 | 0 | 1 => {
  const difference = parseLsn(a) - parseLsn(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
