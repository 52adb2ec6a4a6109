import type { BinaryTypes } from './binary-types.ts';
import { arrayedType, builtinType } from './builtin-types.ts';
import { arrayDecoder, type ValueDecoder, valueDecoder } from './value-decoder.ts';
import { ValueForms } from './value-forms.ts';

/** How the values of a column are read. `native`: the server's name of the type, as far as it is known. */
export const columnDecoder = (
  oid: number,
  native: string,
  types: BinaryTypes,
  forms: ValueForms = new ValueForms(),
): ValueDecoder => {
  const element = arrayedType(oid);
  if (element !== undefined) {
    const text = types.text(element.oid);
    const each = forms.applied(valueDecoder(element, text), element.type, element.name);
    return arrayDecoder(element.oid, each, types.text(oid));
  }
  const type = builtinType(oid);
  return forms.applied(valueDecoder(type, types.text(oid)), type?.type ?? 'other', native);
};
