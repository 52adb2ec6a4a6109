import { float4Text } from './float-text.ts';
import { MalformedValue } from './malformed-value.ts';
import { textDecoder, type ValueDecoder } from './value-decoder.ts';

const size = 4;

/** A vector as `[1,2.5]`. */
export const vectorDecoder: ValueDecoder = textDecoder((bytes, start, end) => {
  if ((end - start) % size !== 0) throw new MalformedValue('it ends inside a number');
  const numbers: string[] = [];
  for (let at = start; at < end; at += size) numbers.push(float4Text(bytes.readFloatLE(at)));
  return `[${numbers.join(',')}]`;
});
