import { type RecordKind, recordKind } from './change-records.ts';
import { MalformedMessage } from './malformed-message.ts';
import { tupleEnd } from './tuple.ts';

/** Where the tuples of a checked row message lie: between `start` and `end`, each after the byte for its kind. */
export interface RowTuples {
  readonly kind: RecordKind;
  readonly message: Buffer;
  readonly start: number;
  readonly end: number;
  /** The new tuple, or the only one. */
  readonly tuple: number;
  /** The old tuple of an update that has one. */
  readonly oldTuple: number;
}

const tupleKind = { new: 0x4e, key: 0x4b, old: 0x4f } as const;

/** Behind the message's kind and the relation's oid stands the kind of the first tuple. */
const kindOffset = 5;
const start = kindOffset + 1;

/** The oid of the table of an Insert, Update or Delete. */
export const rowMessageOid = (message: Buffer): number => {
  if (message.length < kindOffset) throw new MalformedMessage(1, 'a field runs past its end');
  return message.readUInt32BE(1);
};

const unknownTuple = (): MalformedMessage => new MalformedMessage(kindOffset, 'its tuple has an unknown kind');

const checked = (kind: RecordKind, message: Buffer, columns: number, tuple: number, oldTuple: number): RowTuples => {
  const end = tupleEnd(message, tuple, message.length, columns);
  if (end !== message.length) throw new MalformedMessage(end, 'bytes follow its end');
  return { kind, message, start, end, tuple, oldTuple };
};

/*
 * The messages that carry a row of a table with so many columns (PostgreSQL manual, "Logical Replication Message
 * Formats"). Each checks the whole message and throws `MalformedMessage`.
 */

export const readInsert = (message: Buffer, columns: number): RowTuples => {
  if (message[kindOffset] !== tupleKind.new) throw unknownTuple();
  return checked(recordKind.insert, message, columns, start, start);
};

export const readUpdate = (message: Buffer, columns: number): RowTuples => {
  const first = message[kindOffset];
  if (first === tupleKind.new) return checked(recordKind.update, message, columns, start, start);
  if (first !== tupleKind.key && first !== tupleKind.old) throw unknownTuple();
  const end = tupleEnd(message, start, message.length, columns);
  if (message[end] !== tupleKind.new) throw new MalformedMessage(end, 'its new tuple is missing');
  const kind = first === tupleKind.key ? recordKind.updateWithKey : recordKind.updateWithRow;
  return checked(kind, message, columns, end + 1, start);
};

export const readDelete = (message: Buffer, columns: number): RowTuples => {
  const first = message[kindOffset];
  if (first !== tupleKind.key && first !== tupleKind.old) throw unknownTuple();
  const kind = first === tupleKind.key ? recordKind.deleteByKey : recordKind.deleteByRow;
  return checked(kind, message, columns, start, start);
};
