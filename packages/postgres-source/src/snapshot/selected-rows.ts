import type { RowImage } from '@millrace/core';
import type { RowFormat } from '../pgoutput/row-format.ts';
import { columnKind, tupleHeader, valueHeader } from '../pgoutput/tuple.ts';
import { WireRow } from '../pgoutput/wire-row.ts';

/** A row of texts as the log would bring it. */
export const rowOfTexts = (format: RowFormat, texts: readonly (string | null)[]): RowImage => {
  const size = texts.reduce((sum, text) => sum + valueHeader + (text === null ? 0 : Buffer.byteLength(text)), 0);
  const tuple = Buffer.allocUnsafeSlow(tupleHeader + size);
  let at = tuple.writeUInt16BE(texts.length, 0);
  for (const text of texts) {
    if (text === null) {
      tuple[at++] = columnKind.null;
      continue;
    }
    tuple[at] = columnKind.text;
    const length = tuple.write(text, at + valueHeader);
    tuple.writeUInt32BE(length, at + 1);
    at += valueHeader + length;
  }
  return new WireRow(format, tuple, 0, 'row', null);
};
