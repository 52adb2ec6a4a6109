import { noRoom } from '@millrace/core';
import { MalformedValue } from '../values/malformed-value.ts';
import { utf8Decoder, utf8Text } from '../values/text-value.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import { BinaryJson } from './binary-json.ts';
import { JsonWriter, outOfRoom } from './json-writer.ts';

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the value.
    throw new MalformedValue('not JSON');
  }
};

const smallest = 4 * 1024;
let scratch = Buffer.alloc(0);
/** Larger memory is not kept. */
const largestKept = 1024 * 1024;

/** Calls `write` with more memory until the text fits, and gives the text. */
export const jsonText = (write: (target: Buffer, at: number) => number): string => {
  for (let target = scratch; ; target = Buffer.allocUnsafeSlow(Math.max(smallest, target.length * 4))) {
    const end = write(target, 0);
    if (end === noRoom) continue;
    if (target.length <= largestKept) scratch = target;
    return utf8Text(target, 0, end);
  }
};

/** Writes a document as the server prints it; `noRoom` when it may not fit. */
export const writeJson = (document: Pick<BinaryJson, 'write'>, target: Buffer, at: number): number => {
  const writer = new JsonWriter(target, at);
  try {
    document.write(writer);
  } catch (error) {
    if (error === outOfRoom) return noRoom;
    throw error;
  }
  return writer.at;
};

const write: ValueDecoder['write'] = (bytes, start, end, target, at) =>
  writeJson(new BinaryJson(bytes, start, end), target, at);

const text = (bytes: Buffer, start: number, end: number): string =>
  jsonText((target, at) => write(bytes, start, end, target, at));

/** JSON of MySQL, as text exactly as the server prints it; in JavaScript parsed. */
export const binaryJsonDecoder: ValueDecoder = {
  write,
  text,
  value: (bytes, start, end) => parse(text(bytes, start, end)),
};

/** JSON of MariaDB, which is text. */
export const textJsonDecoder: ValueDecoder = {
  ...utf8Decoder,
  value: (bytes, start, end) => parse(utf8Text(bytes, start, end)),
};
