import { rejectedValue } from './rejected-value.ts';
import { textForm } from './text-form.ts';
import type { ValueForm } from './value-form.ts';

const escaped: Readonly<Record<string, string>> = { '0': '\0', n: '\n', r: '\r' };

/** The values that the type of a column lists. */
const listed = (type: string): ReadonlySet<string> => {
  const literals = type.match(/'(?:[^'\\]|''|\\[\s\S])*'/g) ?? [];
  const textOf = (literal: string) =>
    literal
      .slice(1, -1)
      .replace(/''|\\([\s\S])/g, (quoted, letter?: string) =>
        letter === undefined ? quoted.slice(1) : (escaped[letter] ?? letter),
      );
  return new Set(literals.map(textOf));
};

const text = textForm(null);

/**
 * Of the values that an ENUM lists, or of those of a SET with commas between them. The server would take a number for the place
 * of a value, and, as a collation says, another value for the same.
 */
export const listForm = (dataType: 'enum' | 'set', type: string): ValueForm => {
  const values = listed(type);
  const check = (given: string): string => {
    const parts = dataType === 'set' ? given.split(',').filter((part) => part !== '') : [given];
    if (!parts.every((part) => values.has(part))) throw rejectedValue('the column does not list it');
    return given;
  };
  const checked =
    (write: ValueForm['writeField']): ValueForm['writeField'] =>
    (source, start, end, target, at) => {
      check(source.toString('utf8', start, end));
      return write(source, start, end, target, at);
    };
  return {
    ...text,
    literal: (given) => text.literal(check(given)),
    writeLiteral: checked(text.writeLiteral),
    writeField: checked(text.writeField),
  };
};
