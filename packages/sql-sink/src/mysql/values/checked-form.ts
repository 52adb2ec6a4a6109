import type { ValueForm } from './value-form.ts';

/** Of a text that is made shorter or a little longer. */
const mostAdded = 160;

/** The constant of a checked text. */
type Constant = (text: string) => string;

export const plain: Constant = (text) => text;
export const quoted: Constant = (text) => `'${text}'`;
export const hexadecimal: Constant = (digits) => `x'${digits}'`;

/** Of values whose texts are ASCII without quotes and backslashes once they are checked. */
export const checkedForm = (
  check: (text: string) => string,
  constant: Constant,
  loaded: ValueForm['loaded'] = null,
): ValueForm => {
  const literal = (text: string): string => constant(check(text));
  const written =
    (made: (text: string) => string): ValueForm['writeField'] =>
    (source, start, end, target, at) =>
      at + target.write(made(source.toString('latin1', start, end)), at, 'latin1');
  return {
    literal,
    writeLiteral: written(literal),
    writeField: written(check),
    mostBytes: (length) => length + mostAdded,
    loaded,
  };
};
