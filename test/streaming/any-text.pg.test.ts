import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDatabase, differences, sharedPostgres, type TestDatabase, uniqueName, until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

const special = [
  '\\',
  '\\.',
  '\\N',
  '\\x',
  '\r',
  '\n',
  '\r\n',
  '\t',
  '\b',
  '\v',
  '\f',
  '"',
  "'",
  '{',
  '}',
  ',',
  '(',
  ')',
];
const odd = [
  '\u0301',
  '\u200b',
  '\u202e',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '\u{10ffff}',
  '🎉',
  '👩‍👩‍👧',
  '\x01',
  '\x7f',
  '\x80',
  'ß',
  'İ',
];
const words = ['', ' ', '  ', 'NULL', 'null', '=>', '$1', '$$', '--', '/*', ';', '\\.\n', '[0:1]=', 'a'];

/** Anything but U+0000, which no text of PostgreSQL holds. */
const text = fc
  .array(fc.oneof(fc.constantFrom(...special, ...odd, ...words), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 12,
  })
  .map((parts) => parts.join('').replaceAll('\0', ''));

const rows = 120;
/** Another one each time, unless told. */
const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 1_000_000);
const texts = fc.sample(text, { numRuns: rows * 2, seed });

/** What `$1` and `$2`, two texts, are made into. */
const readable: Readonly<Record<string, string>> = {
  text: '$1::text',
  'character varying': '$1::text',
  'character(300)': '$1::text',
  '"name"': 'left($1::text, 15)',
  words: '$1::text',
  'text[]': 'ARRAY[$1, NULL, $2]::text[]',
  'words[]': 'ARRAY[[$1], [$2]]::words[]',
  json: 'to_json($1::text)',
  jsonb: 'jsonb_build_object($1::text, $2::text)',
  'jsonb[]': 'ARRAY[to_jsonb($1::text)]',
  bytea: "convert_to($1::text, 'UTF8')",
  citext: '$1::text',
  'citext[]': 'ARRAY[$1, $2]::citext[]',
};
const asTextOnly: Readonly<Record<string, string>> = {
  pair: 'ROW($1, $2)::pair',
  'pair[]': 'ARRAY[ROW($1, $2), ROW($2, NULL)]::pair[]',
  hstore: 'hstore(ARRAY[$1::text], ARRAY[$2::text])',
  'hstore[]': "ARRAY[hstore(ARRAY[$1::text, 'x'], ARRAY[$2::text, NULL])]",
  tsvector: 'array_to_tsvector(ARRAY[left($1::text, 50) || 1])',
};

const schema = `CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE DOMAIN words AS text; CREATE TYPE pair AS (a text, b text)`;

interface Written {
  readonly source: TestDatabase;
  readonly columns: Readonly<Record<string, string>>;
}

/** By a text that is the key. */
const insert = async ({ source, columns }: Written, from: number, to: number) => {
  const values = Object.values(columns).join(', ');
  for (let row = from; row < to; row++) {
    const [one = '', two = ''] = texts.slice(2 * row);
    await source.query(`INSERT INTO t SELECT $1::text || ${row}, ${values}`, [one, two]);
  }
};

test.each([
  ['in binary form', readable, null],
  ['as text', { ...readable, ...asTextOnly }, null],
  ['through JavaScript', { ...readable, ...asTextOnly }, 'text[]'],
] as const)(`any text arrives as it is, %s (seed ${seed})`, { timeout: 120_000 }, async (_, columns, transformed) => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  for (const database of [source, target]) await database.query(schema);
  const list = Object.keys(columns).map((type, index) => `c${index} ${type}`);
  await source.query(`CREATE TABLE t (k text PRIMARY KEY, ${list.join(', ')}, n int, copied text[]);
    CREATE TABLE marker (id int PRIMARY KEY)`);
  await insert({ source, columns }, 0, 40);
  const copied = `c${Object.keys(columns).indexOf('text[]')}`;
  await using stream = createStream({
    id: 'texts',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'texts' }),
    sink: postgresSink({ connection: target.url }),
    ...(transformed === null
      ? {}
      : {
          transform: (change) =>
            change.after === null || change.table !== 'public.t'
              ? change
              : change.with({ after: { copied: change.after[copied] } }),
        }),
  });
  await stream.start();
  await live(stream);
  await insert({ source, columns }, 40, 80);
  await source.query('BEGIN');
  await insert({ source, columns }, 80, rows);
  await source.query('COMMIT');
  const names = list.map((_, index) => `c${index}`).join(', ');
  await source.query(`UPDATE t SET n = length(k);
    UPDATE t SET (${names}) = (SELECT ${names} FROM t o WHERE o.k > t.k ORDER BY o.k LIMIT 1) WHERE n % 3 = 0;
    UPDATE t SET k = k || E'\\\\' || k WHERE n % 3 = 1; DELETE FROM t WHERE n % 3 = 2 AND n % 2 = 0;
    INSERT INTO marker VALUES (1)`);
  const arrived = async () => {
    if (stream.state.status === 'failed-permanently') throw stream.state.error;
    return (await target.query('SELECT FROM marker')).length > 0;
  };
  await until(arrived, { describe: 'the last change at the target', timeout: 60_000 });
  if (transformed !== null) {
    expect(await target.query(`SELECT k FROM t WHERE copied IS DISTINCT FROM ${copied}`)).toEqual([]);
    await target.query('UPDATE t SET copied = NULL');
  }
  expect(await differences(source, target, ['t'])).toEqual([]);
  expect((await source.query('SELECT FROM t')).length).toBeGreaterThan(rows / 2);
});
