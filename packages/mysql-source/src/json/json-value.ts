import { MalformedValue } from '../values/malformed-value.ts';
import { utf8Decoder, utf8Text } from '../values/text-value.ts';
import { textDecoder, type ValueDecoder } from '../values/value-decoder.ts';
import { binaryJsonText } from './binary-json.ts';

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the value.
    throw new MalformedValue('not JSON');
  }
};

/** JSON of MySQL, as text exactly as the server prints it; in JavaScript parsed. */
export const binaryJsonDecoder: ValueDecoder = textDecoder(binaryJsonText, parse);

/** JSON of MariaDB, which is text. */
export const textJsonDecoder: ValueDecoder = {
  ...utf8Decoder,
  value: (bytes, start, end) => parse(utf8Text(bytes, start, end)),
};
