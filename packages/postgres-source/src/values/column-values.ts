import type { Column } from '@millrace/core';
import type { BinaryTypes } from './binary-types.ts';
import { builtinType } from './builtin-types.ts';
import { arrayDecoder, type ValueDecoder, valueDecoder } from './value-decoder.ts';
import { ValueForms } from './value-forms.ts';

/** What the values of a column are, and how they are read. */
export interface ColumnValues {
  readonly described: Pick<Column, 'type' | 'element' | 'delimiter' | 'encode'>;
  readonly decoder: ValueDecoder;
}

/** `native`: the server's name of the type, as far as it is known. */
export const columnValues = (
  oid: number,
  native: string,
  types: BinaryTypes,
  forms: ValueForms = new ValueForms(),
): ColumnValues => {
  const array = types.element(oid);
  const type = array === undefined ? builtinType(oid) : array.builtin;
  const form = forms.of(type?.type ?? 'other', array?.native ?? native);
  const each = valueDecoder(type, array === undefined ? types.text(oid) : array.text);
  const decoder = form === undefined ? each : form.decoder(each);
  const encode = form?.encode;
  return {
    described: { ...types.value(oid), ...(encode === undefined ? {} : { encode }) },
    decoder: array === undefined ? decoder : arrayDecoder(array, decoder, types.text(oid)),
  };
};
