import type { RowImage } from '@millrace/core';
import type { RowFormat } from '../pgoutput/row-format.ts';
import { lengthSize, noLength, textFlag } from '../pgoutput/stored-row.ts';
import { tupleHeader } from '../pgoutput/tuple.ts';
import { WireRow } from '../pgoutput/wire-row.ts';

/** A row of texts as the log would bring it. */
export const rowOfTexts = (format: RowFormat, texts: readonly (string | null)[]): RowImage => {
  const size = texts.reduce((sum, text) => sum + lengthSize + (text === null ? 0 : Buffer.byteLength(text)), 0);
  const row = Buffer.allocUnsafeSlow(tupleHeader + size);
  let at = row.writeUInt16BE(texts.length, 0);
  for (const text of texts) {
    if (text === null) {
      at = row.writeInt32BE(noLength.null, at);
      continue;
    }
    const length = row.write(text, at + lengthSize);
    row.writeInt32BE(length | textFlag, at);
    at += lengthSize + length;
  }
  return new WireRow(format, row, 0, 'row', null);
};
