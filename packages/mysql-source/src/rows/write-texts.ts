import { noRoom } from '@millrace/core';
import { putSigned64, putUnsigned, putUnsigned64 } from '../values/digits.ts';
import { copyBytes, type Memory } from '../values/memory.ts';
import { valueForm } from '../values/value-decoder.ts';
import type { RowLayout } from './row-layout.ts';
import type { Image } from './row-shape.ts';
import { valueError } from './value-error.ts';

/** For each column where its value begins and ends, or one of `noValue` as its start. */
export interface ColumnPlaces {
  readonly starts: number[];
  readonly ends: number[];
}

/** The digits of a 64-bit number and its sign. */
const integerRoom = 20;
const minus = 0x2d;

/**
 * Writes the texts of a row's values one behind the other into `target` from `at` on, as the decoders of its columns do, and
 * says where they lie. Returns where the last one ends, or `noRoom`: `places` then say nothing.
 */
export const writeTexts = (
  shape: RowLayout,
  image: Image,
  source: Memory,
  before: number,
  after: number,
  target: Memory,
  at: number,
  { starts, ends }: ColumnPlaces,
): number => {
  const { format, plan } = shape;
  const { columns } = format.relation;
  const bytes = source.bytes;
  shape.locate(image, bytes, before, after, starts, ends);
  let to = at;
  let column = 0;
  try {
    for (; column < columns.length; column++) {
      const start = starts[column] ?? -1;
      if (start < 0) continue;
      const end = ends[column] ?? start;
      let written = noRoom as number;
      const form = plan?.forms[column] ?? valueForm.other;
      if (form !== valueForm.other) written = writeForm(form, source, start, end, target, to);
      else {
        const write = plan?.writes[column] ?? shape.decoder(image, column, bytes, before, after).write;
        written = write(bytes, start, end, target.bytes, to);
      }
      if (written === noRoom) return noRoom;
      starts[column] = written < 0 ? written : to;
      if (written < 0) continue;
      ends[column] = written;
      to = written;
    }
  } catch (error) {
    throw valueError(format.relation, column, error);
  }
  return to;
};

const writeForm = (form: number, source: Memory, start: number, end: number, target: Memory, at: number): number => {
  const memory = target.bytes;
  if (form === valueForm.text)
    return end - start > memory.length - at ? noRoom : copyBytes(source, start, end, target, at);
  if (integerRoom > memory.length - at) return noRoom;
  const { bytes, view } = source;
  switch (form) {
    case valueForm.signed64:
      return putSigned64(view.getInt32(start + 4, true), view.getUint32(start, true), memory, at);
    case valueForm.unsigned64:
      return putUnsigned64(view.getUint32(start + 4, true), view.getUint32(start, true), memory, at);
    default: {
      let value = 0;
      for (let place = end - 1; place >= start; place--) value = value * 256 + (bytes[place] ?? 0);
      if (form === valueForm.unsigned || (bytes[end - 1] ?? 0) < 0x80) return putUnsigned(value, memory, at);
      memory[at] = minus;
      return putUnsigned(256 ** (end - start) - value, memory, at + 1);
    }
  }
};
