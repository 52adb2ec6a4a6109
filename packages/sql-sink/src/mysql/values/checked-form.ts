import type { ValueForm } from './value-form.ts';

/** Of a text that is made shorter or a little longer. */
const mostAdded = 160;

/** What stands around a constant. */
type Around = readonly [open: string, close: string];

export const quoted: Around = ["'", "'"];

/** Of values whose texts are ASCII without quotes and backslashes once they are checked. */
export const checkedForm = (
  check: (text: string) => string,
  [open, close]: Around = ['', ''],
  loaded: ValueForm['loaded'] = null,
): ValueForm => {
  const literal = (text: string): string => `${open}${check(text)}${close}`;
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
