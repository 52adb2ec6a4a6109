import { type RecordKind, recordKind } from './change-records.ts';
import { MalformedMessage } from './malformed-message.ts';
import { lengthAt, tupleEnd } from './tuple.ts';

/** Where the tuples of a checked row message lie: between `start` and `end`, each after the byte for its kind. */
export interface RowTuples {
  readonly kind: RecordKind;
  /** What the message lies in. */
  readonly message: Buffer;
  readonly start: number;
  readonly end: number;
  /** The new tuple, or the only one. */
  readonly tuple: number;
  /** The old tuple of an update that has one. */
  readonly oldTuple: number;
}

type ReadRow = (bytes: Buffer, start: number, end: number, columns: number) => RowTuples;

const tupleKind = { new: 0x4e, key: 0x4b, old: 0x4f } as const;

/** Behind the message's kind and the relation's oid stands the kind of the first tuple. */
const kindOffset = 5;
const tupleOffset = kindOffset + 1;

/** The oid of the table of an Insert, Update or Delete. */
export const rowMessageOid = (bytes: Buffer, start: number, end: number): number => {
  if (end - start <= kindOffset) throw new MalformedMessage(start + 1, 'a field runs past its end');
  return lengthAt(bytes, start + 1) >>> 0;
};

const unknownTuple = (start: number): MalformedMessage =>
  new MalformedMessage(start + kindOffset, 'its tuple has an unknown kind');

const checked = (
  kind: RecordKind,
  message: Buffer,
  messageStart: number,
  messageEnd: number,
  columns: number,
  tuple: number,
): RowTuples => {
  const end = tupleEnd(message, tuple, messageEnd, columns);
  if (end !== messageEnd) throw new MalformedMessage(end, 'bytes follow its end');
  const start = messageStart + tupleOffset;
  return { kind, message, start, end, tuple, oldTuple: start };
};

/*
 * The messages that carry a row of a table with so many columns (PostgreSQL manual, "Logical Replication Message
 * Formats"). Each checks the whole message, which lies between `start` and `end`, and throws `MalformedMessage`.
 */

export const readInsert: ReadRow = (bytes, start, end, columns) => {
  if (bytes[start + kindOffset] !== tupleKind.new) throw unknownTuple(start);
  return checked(recordKind.insert, bytes, start, end, columns, start + tupleOffset);
};

export const readUpdate: ReadRow = (bytes, start, end, columns) => {
  const first = bytes[start + kindOffset];
  if (first === tupleKind.new) return checked(recordKind.update, bytes, start, end, columns, start + tupleOffset);
  if (first !== tupleKind.key && first !== tupleKind.old) throw unknownTuple(start);
  const next = tupleEnd(bytes, start + tupleOffset, end, columns);
  if (next >= end || bytes[next] !== tupleKind.new) throw new MalformedMessage(next, 'its new tuple is missing');
  const kind = first === tupleKind.key ? recordKind.updateWithKey : recordKind.updateWithRow;
  return checked(kind, bytes, start, end, columns, next + 1);
};

export const readDelete: ReadRow = (bytes, start, end, columns) => {
  const first = bytes[start + kindOffset];
  if (first !== tupleKind.key && first !== tupleKind.old) throw unknownTuple(start);
  const kind = first === tupleKind.key ? recordKind.deleteByKey : recordKind.deleteByRow;
  return checked(kind, bytes, start, end, columns, start + tupleOffset);
};
