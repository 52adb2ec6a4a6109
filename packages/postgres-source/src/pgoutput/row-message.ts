import { type RecordKind, recordKind } from './change-records.ts';
import { MalformedMessage } from './malformed-message.ts';
import { messageKind } from './message-kind.ts';
import { int32At } from './tuple.ts';
import { TupleCopier } from './tuple-copier.ts';

const tupleKind = { new: 0x4e, key: 0x4b, old: 0x4f } as const;

/** Behind the message's kind and the relation's oid stands the kind of the first tuple. */
const kindOffset = 5;
const tupleOffset = kindOffset + 1;

/** The oid of the table of an Insert, Update or Delete. */
export const rowMessageOid = (bytes: Buffer, start: number, end: number): number => {
  if (end - start <= kindOffset) throw new MalformedMessage(start + 1, 'a field runs past its end');
  return int32At(bytes, start + 1) >>> 0;
};

/**
 * Copies the rows of the messages that carry some: Insert, Update and Delete (PostgreSQL manual, "Logical Replication
 * Message Formats"). What it found stands in its fields until the next one: an object for each would be garbage at once.
 */
export class RowMessageReader {
  kind: RecordKind = recordKind.insert;
  /** Where the new row is, or the only one. */
  row = 0;
  /** Where the old row of an update is, if it has one. */
  oldRow = 0;
  /** Where the last of them ends. */
  end = 0;
  /** Whether the new or only row is one of COPY's binary format. */
  isCopyRow = false;
  readonly #tuples = new TupleCopier();

  /**
   * Reads the message between `start` and `end` of a table with so many columns, and copies its rows to `offset`.
   * Throws `MalformedMessage`.
   */
  read(message: Buffer, start: number, end: number, columns: number, target: Buffer, offset: number): void {
    const first = message[start + kindOffset];
    const tuples = this.#tuples;
    let tuple = start + tupleOffset;
    this.oldRow = offset;
    this.row = offset;
    switch (message[start]) {
      case messageKind.insert:
        if (first !== tupleKind.new) throw unknownTuple(start);
        this.kind = recordKind.insert;
        break;
      case messageKind.delete:
        if (first !== tupleKind.key && first !== tupleKind.old) throw unknownTuple(start);
        this.kind = first === tupleKind.key ? recordKind.deleteByKey : recordKind.deleteByRow;
        break;
      default:
        if (first === tupleKind.new) {
          this.kind = recordKind.update;
          break;
        }
        if (first !== tupleKind.key && first !== tupleKind.old) throw unknownTuple(start);
        this.kind = first === tupleKind.key ? recordKind.updateWithKey : recordKind.updateWithRow;
        tuples.copy(message, tuple, end, columns, target, offset);
        tuple = tuples.tupleEnd;
        if (tuple >= end || message[tuple] !== tupleKind.new)
          throw new MalformedMessage(tuple, 'its new tuple is missing');
        tuple += 1;
        this.row = tuples.rowEnd;
    }
    tuples.copy(message, tuple, end, columns, target, this.row);
    if (tuples.tupleEnd !== end) throw new MalformedMessage(tuples.tupleEnd, 'bytes follow its end');
    // An update by which a row comes to meet a filter is sent as an insert, of which out-of-line values may be missing.
    if (this.kind === recordKind.insert && !tuples.isWhole) this.kind = recordKind.update;
    this.end = tuples.rowEnd;
    this.isCopyRow = tuples.isCopyRow;
  }
}

const unknownTuple = (start: number): MalformedMessage =>
  new MalformedMessage(start + kindOffset, 'its tuple has an unknown kind');
