import { qualifiedName, type Relation, type RowImage } from '@millrace/core';
import { decodeError } from '../pgoutput/decode-error.ts';
import { MalformedMessage } from '../pgoutput/malformed-message.ts';
import type { RowFormat } from '../pgoutput/row-format.ts';
import { WireRow } from '../pgoutput/wire-row.ts';
import { binaryRowEnd, rowOfText } from './copy-rows.ts';

export type CopyForm = 'text' | 'binary';

const newline = 0x0a;

/** Signature, flags, and the length of what may follow them (PostgreSQL manual, "COPY", Binary Format). */
const binaryHeader = { signature: Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), length: 19, extension: 15 };
const trailer = 0xffff;

/** A row as those of the log are stored. */
interface StoredRow {
  readonly bytes: Buffer;
  readonly start: number;
}

function* textRows(pieces: readonly Buffer[], columns: number): Generator<StoredRow> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const end = piece.indexOf(newline, at) + 1;
      if (end === 0) throw new MalformedMessage(at, 'a row does not end');
      yield { bytes: rowOfText(piece, at, end, columns), start: 0 };
      at = end;
    }
  }
}

const behindHeader = (piece: Buffer): number => {
  const { signature, length, extension } = binaryHeader;
  if (piece.length < length || !piece.subarray(0, signature.length).equals(signature))
    throw new MalformedMessage(0, 'it is no binary form');
  return length + piece.readUInt32BE(extension);
};

function* binaryRows(pieces: readonly Buffer[], columns: number): Generator<StoredRow> {
  for (const [index, piece] of pieces.entries()) {
    for (let at = index === 0 ? behindHeader(piece) : 0; at < piece.length; ) {
      if (piece.length - at === 2 && piece.readUInt16BE(at) === trailer) return;
      const end = binaryRowEnd(piece, at, piece.length, columns);
      yield { bytes: piece, start: at };
      at = end;
    }
  }
}

/** What is thrown where rows are read: `DECODE_FAILED` for those that are none. */
export const malformedRow = (error: unknown, relation: Relation): unknown => {
  if (!(error instanceof MalformedMessage)) return error;
  const table = qualifiedName(relation);
  return decodeError('DECODE_FAILED', `Cannot decode a copied row of ${table}: ${error.message}`, {
    details: { table },
  });
};

/** The rows of COPY data, in pieces of whole rows; each is made anew by every iteration. */
export class CopiedRows implements Iterable<RowImage> {
  readonly #pieces: readonly Buffer[];
  readonly #form: CopyForm;
  readonly #format: RowFormat;

  constructor(pieces: readonly Buffer[], form: CopyForm, format: RowFormat) {
    this.#pieces = pieces;
    this.#form = form;
    this.#format = format;
  }

  *[Symbol.iterator](): Iterator<RowImage> {
    const { columns } = this.#format.relation;
    const rows = this.#form === 'text' ? textRows : binaryRows;
    try {
      for (const { bytes, start } of rows(this.#pieces, columns.length))
        yield new WireRow(this.#format, bytes, start, 'row', null);
    } catch (error) {
      throw malformedRow(error, this.#format.relation);
    }
  }
}
