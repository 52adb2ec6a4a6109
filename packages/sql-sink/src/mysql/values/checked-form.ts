import type { PlainBytes } from './plain-bytes.ts';
import type { ValueForm } from './value-form.ts';

/** Of a text that is made shorter or a little longer. */
const mostAdded = 160;

/** What stands around a checked text in a constant. */
interface Constant {
  readonly before: string;
  readonly behind: string;
}

export const plain: Constant = { before: '', behind: '' };
export const quoted: Constant = { before: "'", behind: "'" };
export const hexadecimal: Constant = { before: "x'", behind: "'" };
export const binary: Constant = { before: "b'", behind: "'" };

/** How texts of a form are checked, and what they become. */
export interface CheckedValues {
  readonly check: (text: string) => string;
  readonly constant: Constant;
  readonly loaded?: ValueForm['loaded'];
  /** What is found by it is what `check` would make, or another text of the same value; absent: every text is checked. */
  readonly plainBytes?: PlainBytes;
}

const put = (text: string) => {
  const bytes = Buffer.from(text);
  return (target: Buffer, at: number): number => {
    for (let index = 0; index < bytes.length; index++) target[at + index] = bytes[index] ?? 0;
    return at + bytes.length;
  };
};

const never: PlainBytes = () => -1;

/** Of values whose texts are ASCII without quotes and backslashes once they are checked. */
export const checkedForm = ({ check, constant, loaded = null, plainBytes = never }: CheckedValues): ValueForm => {
  const { before, behind } = constant;
  const [open, close] = [put(before), put(behind)];
  const writeField: ValueForm['writeField'] = (source, start, end, target, at) => {
    const found = plainBytes(source, start, end);
    if (found < 0) return at + target.write(check(source.toString('latin1', start, end)), at, 'latin1');
    let to = at;
    for (let from = start; from < found; from++) target[to++] = source[from] ?? 0;
    return to;
  };
  return {
    literal: (text) => `${before}${check(text)}${behind}`,
    writeLiteral: (source, start, end, target, at) =>
      close(target, writeField(source, start, end, target, open(target, at))),
    writeField,
    mostBytes: (length) => length + mostAdded,
    loaded,
  };
};
