import { quoteLiteral } from '@millrace/postgres-client';

/** Types whose text never needs quotes inside an array. */
const plain = /^(smallint|integer|bigint|boolean|uuid|date)$/;

/** An array of values as an SQL constant (PostgreSQL manual, "Array Input and Output Syntax"). */
export const arrayLiteral = (values: readonly string[], type: string): string => {
  const elements = plain.test(type) ? values : values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`);
  return quoteLiteral(`{${elements.join(',')}}`);
};
