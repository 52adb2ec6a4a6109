import { expect, test } from 'vitest';
import { createDatabase, sharedPostgres } from '../../../../test/harness/index.ts';
import { defaultValue } from './default-value.ts';

const constant = (text: string | null) => ({ kind: 'constant', text });
const now = { kind: 'now', onUpdate: false };

const cases: readonly (readonly [type: string, written: string, value: unknown])[] = [
  ['int', '7', constant('7')],
  ['bigint', '-7', constant('-7')],
  ['numeric(5,2)', '1.5', constant('1.5')],
  ['double precision', '-1e3', constant('-1000')],
  ['boolean', 'true', constant('t')],
  ['boolean', "'no'", constant('f')],
  ['text', "''", constant('')],
  ['varchar(20)', "'it''s \\ ::text'", constant("it's \\ ::text")],
  ['text', "E'a\\nb'", constant('a\nb')],
  ['date', "'1 jan 2020'", constant('2020-01-01')],
  ['bytea', "'\\x00ff'", constant('\\x00ff')],
  ['jsonb', "'{}'", constant('{}')],
  ['text', 'NULL', null],
  ['varchar(5)', 'NULL::varchar', constant(null)],
  ['timestamptz', 'now()', now],
  ['timestamp(3)', 'CURRENT_TIMESTAMP(3)', now],
  ['date', 'CURRENT_DATE', now],
  ['timestamptz', 'clock_timestamp()', null],
  ['timestamptz', "(now() + '1 day')", null],
  ['boolean', "('a'::text IS NULL)", null],
  ['text', "('a' || current_user)", null],
  ['text[]', 'ARRAY[]::text[]', null],
];

test('constants and the time of now are told from other defaults', async () => {
  await using database = await createDatabase(sharedPostgres());
  const columns = cases.map(([type, written], at) => `c${at} ${type} DEFAULT ${written}`);
  await database.query(`SET intervalstyle = postgres; CREATE TABLE t (${columns.join(', ')})`);
  const found = await database.query<{ name: string; sql: string }>(
    "SELECT attname AS name, pg_get_expr(adbin, adrelid) AS sql FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum WHERE adrelid = 't'::regclass",
  );
  const told = new Map(found.map(({ name, sql }) => [name, defaultValue(sql)]));
  expect(cases.map(([type, written], at) => [type, written, told.get(`c${at}`) ?? null])).toEqual(cases);
});
