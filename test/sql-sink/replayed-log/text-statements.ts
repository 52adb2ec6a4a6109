import { escapeLiteral } from 'pg';

/** Texts that some form of a statement, an array or a COPY has to escape, or takes for something else. */
const oddTexts = [
  '',
  ' ',
  "it's",
  '"quoted"',
  'back\\slash',
  '\\N',
  '\\.',
  'tab\tnew\nline\rreturn',
  'a,b',
  '{a,"b"}',
  '{}',
  'NULL',
  'grüße 日本 🦀',
  'e\u0301',
  '\u0001\u007f',
  '$1',
  ';\nCOMMIT',
  'k'.repeat(2_500),
];

const valuePools = {
  flag: ['true', 'false'],
  amount: ['1', '1.0', '-0.00', '1e30', 'NaN', '123456789.123456789'],
  at: ['infinity', '-infinity', '2024-02-29 12:00:00.123456+02', '0044-03-15 12:00:00+00 BC'],
  raw: ['\\x', '\\x00ff5c0a09', `\\x${'5c'.repeat(100)}`],
  doc: ['null', '{"a": "\\\\ \\" \\n"}', '[1, 2.50, "é"]'],
  tags: ['{}', '{NULL,"NULL",""}', '{"a\\"b","c\\\\d","e,f"}', '[2:3]={x,y}', '{{a,b},{c,d}}'],
  ratio: ['0.1', '-0', 'Infinity', 'NaN', '1e-40'],
  id: ['00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  span: ['1 year 2 mons -3 days 04:05:06.789', '00:00:00'],
  range: ['empty', '[1,10)', '(,5)'],
  plain: oddTexts,
} as const;

type Column = keyof typeof valuePools;

const columns = Object.keys(valuePools) as Column[];
const literal = (value: string | undefined): string => (value === undefined ? 'NULL' : escapeLiteral(value));

export const oddText = (n: number): string => literal(oddTexts[n % oddTexts.length]);

/** Some value of a column, now and then NULL. */
const oddValue = (column: Column, n: number): string =>
  literal(valuePools[column][n % (valuePools[column].length + 1)]);

/** Inserts one row with an odd key and values of every type. */
export const insertTexts = (a: number, b: number, c: number): string =>
  `INSERT INTO texts (key, ${columns.join(', ')}) VALUES (${oddText(a * 5 + b)}, ${columns
    .map((column, at) => oddValue(column, b + c * at))
    .join(', ')}) ON CONFLICT DO NOTHING`;

/** Sets a few columns of many rows. */
export const updateTexts = (a: number, b: number, c: number): string => {
  const set = columns
    .filter((_, at) => (at + a) % 3 === 0)
    .map((column, at) => `${column} = ${oddValue(column, b + at)}`);
  return `UPDATE texts SET ${set.join(', ')} WHERE length(key) % ${1 + (c % 3)} = 0`;
};
