/** A type as `ColumnDefinition.type` writes it, taken apart. */
export interface DeclaredType {
  /** Without what stands behind it: `int`, `varchar`, `datetime`. */
  readonly name: string;
  /** The numbers in its parentheses: length, precision and scale, digits of a second's fraction. */
  readonly numbers: readonly number[];
  /** Of an ENUM or SET. */
  readonly values: readonly string[];
  readonly unsigned: boolean;
}

const escaped: Readonly<Record<string, string>> = { '0': '\0', n: '\n', r: '\r' };

/** The text of a literal: quotes stand twice, and a backslash before what it escapes. */
const textOf = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/''|\\([\s\S])/g, (quoted, character: string | undefined) =>
      character === undefined ? quoted.slice(1) : (escaped[character] ?? character),
    );

/** The literal of a text, as the server writes it in a column's type. */
export const literalOf = (value: string): string =>
  `'${value.replace(/[\0\n\r\\']/g, (character) => escapes[character] ?? character)}'`;

const escapes: Readonly<Record<string, string>> = { '\0': '\\0', '\n': '\\n', '\r': '\\r', '\\': '\\\\', "'": "''" };

const form = /^([a-z0-9_]+)(?:\((.*)\))?((?: [a-z]+)*)$/s;

/** `null` for what is no type. Comments behind it, as MariaDB has them of compressed columns, say nothing. */
export const declaredType = (text: string): DeclaredType | null => {
  const [, name, inside = '', rest = ''] = form.exec(text.replace(/ *\/\*.*\*\/ *$/, '')) ?? [];
  if (name === undefined) return null;
  const isList = name === 'enum' || name === 'set';
  return {
    name,
    numbers: isList || inside === '' ? [] : inside.split(',').map(Number),
    values: isList ? [...inside.matchAll(/'(?:[^'\\]|''|\\[\s\S])*'/g)].map(([literal]) => textOf(literal)) : [],
    unsigned: rest.split(' ').includes('unsigned') || rest.split(' ').includes('zerofill'),
  };
};
