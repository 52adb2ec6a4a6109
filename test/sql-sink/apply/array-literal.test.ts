import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arrayLiteral } from '../../../packages/sql-sink/src/postgres/apply/array-literal.ts';

/** What the server takes an SQL constant for (PostgreSQL manual, "String Constants"). */
const constantOf = (sql: string): string => {
  const match = /^\s*(E?)'(.*)'$/s.exec(sql);
  if (match === null) throw new Error('not a constant');
  const [, escaped, text = ''] = match;
  const quoted = text.replaceAll("''", "'");
  return escaped === 'E' ? quoted.replace(/\\(.)/gs, '$1') : quoted;
};

/** The elements of an array of one dimension (PostgreSQL manual, "Array Input and Output Syntax"). */
const elementsOf = (text: string): readonly (string | null)[] => {
  if (!/^\{.*\}$/s.test(text)) throw new Error('not an array');
  const elements: (string | null)[] = [];
  const inner = text.slice(1, -1);
  const element = /"((?:[^"\\]|\\.)*)"(?:,|$)|([^",{}\\]+)(?:,|$)/gsy;
  while (element.lastIndex < inner.length) {
    const match = element.exec(inner);
    if (match === null) throw new Error('not an element');
    const [, quoted, bare] = match;
    const isNull = bare?.toUpperCase() === 'NULL';
    elements.push(quoted?.replace(/\\(.)/gs, '$1') ?? (isNull ? null : (bare?.trim() ?? '')));
  }
  return elements;
};

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('"', '\\', "'", '{', '}', ',', ' ', '\n', 'N', 'é', '🦀') }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('NULL', 'null', '', ' ', '{}', '\\N'),
  ),
  { minLength: 1 },
);

it.each(['text', 'character varying(10)', 'bytea', 'timestamp with time zone'])(
  'an array of %s is what it was made of',
  (type) => {
    fc.assert(
      fc.property(texts, (values) => {
        expect(elementsOf(constantOf(arrayLiteral(values, type)))).toEqual(values);
      }),
    );
  },
);

it.each(['smallint', 'integer', 'bigint', 'boolean', 'uuid', 'date'])('an array of %s needs no quotes', (type) => {
  const values = ['-1', 't', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '0044-03-15 BC', 'infinity'];
  expect(elementsOf(constantOf(arrayLiteral(values, type)))).toEqual(values);
});
