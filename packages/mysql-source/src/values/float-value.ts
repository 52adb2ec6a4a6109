import { float4Text, float8Text } from './float-text.ts';
import { MalformedValue } from './malformed-value.ts';
import { textDecoder, type ValueDecoder } from './value-decoder.ts';

const checkSize = (start: number, end: number, size: number): void => {
  if (end - start !== size) throw new MalformedValue(`it has ${end - start} bytes instead of ${size}`);
};

/** FLOAT in four bytes. The JavaScript value is what its text says: 0.1, not 0.10000000149011612. */
export const float4Decoder: ValueDecoder = textDecoder((bytes, start, end) => {
  checkSize(start, end, 4);
  return float4Text(bytes.readFloatLE(start));
}, Number);

/** DOUBLE in eight bytes. */
export const float8Decoder: ValueDecoder = textDecoder((bytes, start, end) => {
  checkSize(start, end, 8);
  return float8Text(bytes.readDoubleLE(start));
}, Number);
