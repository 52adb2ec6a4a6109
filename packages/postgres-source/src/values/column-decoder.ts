import type { BinaryTypes } from './binary-types.ts';
import { arrayedType, builtinType } from './builtin-types.ts';
import { arrayDecoder, type ValueDecoder, valueDecoder } from './value-decoder.ts';

/** How the values of a column of this type are read. */
export const columnDecoder = (oid: number, types: BinaryTypes): ValueDecoder => {
  const element = arrayedType(oid);
  return element === undefined
    ? valueDecoder(builtinType(oid), types.text(oid))
    : arrayDecoder(element, types.text(element.oid), types.text(oid));
};
