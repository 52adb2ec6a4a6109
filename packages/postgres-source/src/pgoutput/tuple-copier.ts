import { ByteCopier } from './byte-copier.ts';
import { MalformedMessage } from './malformed-message.ts';
import { lengthSize, noLength, textFlag } from './stored-row.ts';
import { columnKind, int32At, tupleHeader, valueHeader } from './tuple.ts';

const writeInt32 = (value: number, target: Buffer, at: number): void => {
  target[at] = value >> 24;
  target[at + 1] = value >> 16;
  target[at + 2] = value >> 8;
  target[at + 3] = value;
};

/** How many bytes the rows of a message with so many columns may need, which lies between `start` and `end`. */
export const roomForRows = (start: number, end: number, columns: number): number =>
  end - start + 2 * columns * (lengthSize - 1);

/** Copies the tuples of messages into the form in which batches hold rows, and checks them on the way. */
export class TupleCopier {
  /** Where the last tuple ended in its message. */
  tupleEnd = 0;
  /** Where its copy ended. */
  rowEnd = 0;
  /** Whether the copy is a row of COPY's binary format. */
  isCopyRow = false;
  /** Whether it says every column. */
  isWhole = true;
  readonly #bytes = new ByteCopier();

  /**
   * Copies the tuple at `start`. Throws `MalformedMessage` unless it has exactly `columns` columns of known kinds, all
   * before `end`: whoever reads its copy needs no checks. There must be room for it behind `offset`.
   */
  copy(message: Buffer, start: number, end: number, columns: number, target: Buffer, offset: number): void {
    if (end - start < tupleHeader) throw new MalformedMessage(start, 'a tuple runs past its end');
    const count = ((message[start] ?? 0) << 8) | (message[start + 1] ?? 0);
    if (count !== columns) throw new MalformedMessage(start, `a tuple has ${count} columns, its table ${columns}`);
    let from = start + tupleHeader;
    target[offset] = columns >> 8;
    target[offset + 1] = columns;
    let to = offset + tupleHeader;
    let isCopyRow = true;
    let isWhole = true;
    for (let column = 0; column < columns; column++) {
      const kind = from < end ? message[from] : undefined;
      if (kind === columnKind.text || kind === columnKind.binary) {
        if (end - from < valueHeader) throw new MalformedMessage(from, 'a length runs past its end');
        const length = int32At(message, from + 1);
        const value = from + valueHeader;
        if (length < 0 || length >= textFlag || length > end - value)
          throw new MalformedMessage(from, 'a value runs past its end');
        writeInt32(kind === columnKind.text ? length | textFlag : length, target, to);
        from = value + length;
        to += lengthSize;
        this.#bytes.copy(message, value, from, target, to);
        to += length;
        if (kind === columnKind.text) isCopyRow = false;
      } else if (kind === columnKind.null || kind === columnKind.unchanged) {
        writeInt32(kind === columnKind.null ? noLength.null : noLength.unchanged, target, to);
        from += 1;
        to += lengthSize;
        if (kind === columnKind.unchanged) isWhole = false;
      } else {
        throw new MalformedMessage(
          from,
          kind === undefined ? 'a tuple runs past its end' : 'a column has an unknown kind',
        );
      }
    }
    this.tupleEnd = from;
    this.rowEnd = to;
    this.isCopyRow = isCopyRow && isWhole;
    this.isWhole = isWhole;
  }
}
