/** Microseconds from 1970 to 2000, the server's epoch. */
const serverEpochMicros = 946_684_800_000_000n;

export interface StandbyStatus {
  /** Where the connection has read to. */
  readonly received: bigint;
  /** What is durable in every sink; 0 says nothing about it and leaves the slot where it is. */
  readonly durable: bigint;
  /** Asks the server for an answer. */
  readonly replyRequested: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * A "Standby status update" (PostgreSQL manual, "Streaming Replication Protocol"): written, flushed, applied, clock,
 * reply requested. Positions are sent exactly as they are: the end of a commit record is already the first byte of the
 * next record, and one more would skip a commit that begins there (invariant 1).
 */
export const standbyStatus = ({ received, durable, replyRequested, now }: StandbyStatus): Buffer => {
  const message = Buffer.allocUnsafe(34);
  message[0] = 0x72;
  message.writeBigUInt64BE(received > durable ? received : durable, 1);
  message.writeBigUInt64BE(durable, 9);
  message.writeBigUInt64BE(durable, 17);
  message.writeBigInt64BE(BigInt(Math.round(now * 1_000)) - serverEpochMicros, 25);
  message[33] = replyRequested ? 1 : 0;
  return message;
};
