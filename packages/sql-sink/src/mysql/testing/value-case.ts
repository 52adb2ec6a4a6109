import type { Relation, ValueType } from '@millrace/core';

/** A type of a source, and how its values reach MySQL and MariaDB. Tests hold servers to it, and docs/ shows it. */
export interface ValueCase {
  readonly dialect?: Relation['dialect'];
  readonly native: string;
  /** What it is, in Markdown, where the type is one of the user's own. */
  readonly called?: string;
  readonly type: ValueType;
  /** The type at the target; a pair where MySQL and MariaDB differ. */
  readonly target: string | readonly [mysql: string, mariadb: string];
  readonly only?: 'mysql' | 'mariadb';
  /** Texts as the source has them; pairs where the target's text is another one. */
  readonly values: readonly (string | readonly [text: string, read: string])[];
  /** Values of the source's type that the sink or the server refuses. */
  readonly refused?: readonly string[];
  /** Other texts that they refuse. */
  readonly rejected?: readonly string[];
}

export const nines = (count: number): string => '9'.repeat(count);
export const ones = (count: number): string => '1'.repeat(count);
export const notFinite = ['NaN', 'Infinity', '-Infinity'];
export const noNumber = ['', ' ', 'abc', '1x', '--1', '1 OR 1=1', "1' OR '1", '0x10', '1.5', '.', 'e5', ...notFinite];
export const hard = 'it\'s \\ "quoted" \\\' \\N \n\r\t\b\u001a % _ é 日本語 🎣';
export const bytes = '\\x00ff5c270a090d1a80';
export const notBytes = ['', 'abc', '\\x0', '\\xzz', "\\x00' OR '1", '\\000'];
export const noMoment = ['', '2026-02-30', '2026-13-01', '26-01-02'];

export const integer = (native: string, type: ValueType, bits: number, target: string): ValueCase => ({
  native,
  type,
  target,
  values: [`${-(2n ** BigInt(bits - 1))}`, `${2n ** BigInt(bits - 1) - 1n}`, '0', '-1', ['1.00', '1'], ['1e+2', '100']],
  rejected: [...noNumber, `${2n ** BigInt(bits - 1)}`, `${-(2n ** BigInt(bits - 1)) - 1n}`, nines(40), nines(90)],
});

export const unsigned = (native: string, type: ValueType, bits: number): ValueCase => ({
  dialect: 'mysql',
  native,
  type,
  target: native,
  values: ['0', '1', `${2n ** BigInt(bits) - 1n}`, `${2n ** BigInt(bits - 1)}`],
  rejected: [...noNumber, '-1', `${2n ** BigInt(bits)}`],
});

export const decimal = (dialect: Relation['dialect'], native: string, precision: number, scale: number): ValueCase => {
  const [most, least] = [`${nines(precision - scale) || '0'}.${nines(scale)}`, `0.${'0'.repeat(scale - 1)}1`];
  const zero = `0.${'0'.repeat(scale)}`;
  return {
    ...(dialect === undefined ? {} : { dialect }),
    native,
    type: 'decimal',
    target: `decimal(${precision},${scale})`,
    values: [most, `-${most}`, least, `-${least}`, zero, [`${least}000`, least], [`-${zero}`, zero], ['0', zero]],
    ...(dialect === undefined ? { refused: ['NaN'] } : {}),
    rejected: [
      ...noNumber.filter((text) => text !== '1.5'),
      `0.${'0'.repeat(scale)}1`,
      `1${'0'.repeat(precision - scale)}`,
      nines(80),
      '1e99',
      '1e999',
      '1e-99',
    ],
  };
};

export const float: readonly (string | readonly [string, string])[] = [
  '0',
  '-0',
  '0.1',
  '-1.5',
  '16777216',
  '3.4028235e+38',
  '1.1754944e-38',
  '1e-45',
  '1.17549435E-38',
];
export const double: readonly string[] = [
  '0',
  '-0',
  '0.1',
  '0.30000000000000004',
  '1.7976931348623157e+308',
  '2.2250738585072014e-308',
  '5e-324',
  '123456789012345680',
  '9007199254740993',
  '1e22',
  '1e23',
];

export const asText = (native: string, type: ValueType, values: readonly string[]): ValueCase => ({
  native,
  type,
  target: 'longtext',
  values,
});

export const anyText = ['', hard, '(1,"a b")'];
