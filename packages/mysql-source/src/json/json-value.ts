import { noRoom } from '@millrace/core';
import { MalformedValue } from '../values/malformed-value.ts';
import { utf8Decoder, utf8Text } from '../values/text-value.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import { BinaryJson } from './binary-json.ts';
import { applyJsonDiffs } from './json-diff.ts';
import { writeTree } from './json-tree.ts';
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
const jsonText = (write: (target: Buffer, at: number) => number): string => {
  for (let target = scratch; ; target = Buffer.allocUnsafeSlow(Math.max(smallest, target.length * 4))) {
    const end = write(target, 0);
    if (end === noRoom) continue;
    if (target.length <= largestKept) scratch = target;
    return utf8Text(target, 0, end);
  }
};

/** Writes a document as the server prints it; `noRoom` when it may not fit. */
const writeJson = (document: { write(writer: JsonWriter): void }, target: Buffer, at: number): number => {
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

const decoderOf = (writeText: ValueDecoder['write']): ValueDecoder => {
  const text = (bytes: Buffer, start: number, end: number): string =>
    jsonText((target, at) => writeText(bytes, start, end, target, at));
  return { write: writeText, text, value: (bytes, start, end) => parse(text(bytes, start, end)) };
};

/** JSON of MySQL, as text exactly as the server prints it; in JavaScript parsed. */
export const binaryJsonDecoder: ValueDecoder = decoderOf(write);

/** Of values that are the changes of a document, which lies between `from` and `to`. */
export const changedJsonDecoder = (document: Buffer, from: number, to: number): ValueDecoder => {
  const writeChanged: ValueDecoder['write'] = (bytes, start, end, target, at) => {
    const tree = applyJsonDiffs(new BinaryJson(document, from, to).tree(), bytes, start, end);
    return writeJson({ write: (writer) => writeTree(tree, writer) }, target, at);
  };
  return decoderOf(writeChanged);
};

/** JSON of MariaDB, which is text. */
export const textJsonDecoder: ValueDecoder = {
  ...utf8Decoder,
  value: (bytes, start, end) => parse(utf8Text(bytes, start, end)),
};
