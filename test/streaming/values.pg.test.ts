import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, startPostgres, type TestDatabase, uniqueName, until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

type Settings = Readonly<Record<string, string>>;

/** Everything that changes how a value is written or read, set to something else, and not twice to the same. */
const server: Settings = {
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  timezone: 'America/St_Johns',
  extra_float_digits: '-2',
  bytea_output: 'escape',
  lc_monetary: 'C.UTF-8',
  xmloption: 'document',
  array_nulls: 'off',
  standard_conforming_strings: 'off',
  quote_all_identifiers: 'on',
  search_path: 'nowhere',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'off',
  statement_timeout: '30s',
  lock_timeout: '30s',
};
const database: Settings = {
  ...server,
  datestyle: 'German, MDY',
  intervalstyle: 'iso_8601',
  timezone: 'Asia/Kathmandu',
  extra_float_digits: '-15',
  search_path: 'elsewhere',
  default_transaction_isolation: 'repeatable read',
  statement_timeout: '29s',
  lock_timeout: '29s',
};
const role: Settings = {
  ...server,
  datestyle: 'Postgres, YMD',
  intervalstyle: 'postgres_verbose',
  timezone: 'Pacific/Chatham',
  extra_float_digits: '0',
  search_path: 'pg_temp',
  default_transaction_isolation: 'read uncommitted',
  statement_timeout: '28s',
  lock_timeout: '28s',
};

const columns: Readonly<Record<string, readonly string[]>> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648'],
  bigint: ['9223372036854775807', '-9223372036854775808'],
  numeric: ['NaN', '0.000000000000000000000000000001', '123456789012345678901234567890.12345'],
  real: ['NaN', 'Infinity', '1.1754944e-38', '0.1'],
  'double precision': ['-Infinity', '0.1', '5e-324', '1.7976931348623157e308'],
  boolean: ['true', 'false'],
  text: ['', ' ', 'it\'s \\ a \n\t"quote"', 'Größe 🎉'],
  'character(5)': ['ab'],
  bytea: ['\\x00ff5c27', '\\x'],
  date: ['infinity', '0044-03-15 BC', '2026-02-03'],
  time: ['24:00:00', '00:00:00.000001'],
  'time with time zone': ['12:34:56.789+05:30'],
  timestamp: ['-infinity', '2026-02-03 04:05:06.000007', '0044-03-15 01:02:03 BC'],
  'timestamp with time zone': ['infinity', '2026-02-03 04:05:06.000007+05:45'],
  interval: ['1 year -2 mons +3 days -04:05:06.000007', '-00:00:01'],
  json: ['{"a":  1.0, "a": 12345678901234567890}'],
  jsonb: ['{"b": 1.10, "a": [null, "x"]}'],
  uuid: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  money: ['12.34'],
  inet: ['192.168.0.1/24'],
  'bit varying': ['10110'],
  'integer[]': ['{1,NULL,3}', '[0:1]={1,2}'],
  'text[]': ['{"a,b","c\\"d","NULL",NULL,""}'],
  xml: ['<a>1</a> text'],
  tsvector: ["'a':1 'b':2"],
  int4range: ['[1,5)', 'empty'],
  point: ['(1.5,-2)'],
  pg_lsn: ['16/B374D848'],
};

const types = Object.entries(columns);
const longest = Math.max(...types.map(([, values]) => values.length));
const quoted = (value: string | undefined) => (value === undefined ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
const rowOf = (index: number) => types.map(([, values]) => quoted(values[index])).join(', ');
const names = types.map((_, index) => `c${index}`);

const settingsOf = (owner: string, settings: Settings): string =>
  Object.entries(settings)
    .map(([name, value]) => `ALTER ${owner} SET ${name} = ${name === 'search_path' ? value : quoted(value)};`)
    .join(' ');

// Written and read by a session with plain settings; only the stream lives with the unusual ones.
const plain = {
  options:
    '-c datestyle=ISO -c intervalstyle=postgres -c timezone=UTC -c extra_float_digits=3 -c standard_conforming_strings=on -c array_nulls=on -c xmloption=content -c default_transaction_isolation=read\\ committed -c bytea_output=hex -c lc_monetary=C -c search_path=public',
};

/** One row with the first of each type's values, and so on. */
const fill = async (client: Awaited<ReturnType<TestDatabase['connect']>>, from: number) => {
  for (let index = 0; index < longest; index++) {
    const id = from + index;
    await client.query(`INSERT INTO everything VALUES (${id}, ${rowOf(index)})`);
    await client.query(`INSERT INTO everything VALUES (${id + 100})`);
    await client.query(`UPDATE everything SET (${names.join(', ')}) = (${rowOf(index)}) WHERE id = ${id + 100}`);
  }
};

test.each([
  ['copied and followed', 'initial'],
  ['followed', 'never'],
] as const)(
  'every value arrives as it was, %s, whatever server, database and role have set',
  {
    timeout: 60_000,
  },
  async (_, snapshot) => {
    await using sourceServer = await startPostgres({ settings: server });
    await using targetServer = await startPostgres({ settings: server });
    await using source = await createDatabase(sourceServer);
    await using target = await createDatabase(targetServer);
    await source.query(
      `CREATE TABLE public.marker (id int PRIMARY KEY); CREATE TABLE public.everything (id int PRIMARY KEY, ${types
        .map(([type], index) => `c${index} ${type}`)
        .join(', ')})`,
    );
    for (const { name, query } of [source, target])
      await query(settingsOf(`DATABASE ${name}`, database) + settingsOf('ROLE postgres', role));
    const [left, right] = [await source.connect(plain), await target.connect(plain)];
    if (snapshot === 'initial') await fill(left, 0);
    await using stream = createStream({
      id: 'settings',
      source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'settings' }),
      sink: postgresSink({ connection: target.url }),
      snapshot,
    });
    await stream.start();
    if (snapshot === 'initial') await live(stream);
    await fill(left, 1_000);
    await left.query('INSERT INTO marker VALUES (1)');
    const arrived = async () => {
      if (stream.state.status === 'failed-permanently') throw stream.state.error;
      return (await right.query('SELECT FROM marker')).rowCount === 1;
    };
    await until(arrived, { describe: 'the last change at the target', timeout: 20_000 });
    const rows = async (client: typeof left) =>
      (await client.query('SELECT e::text AS row FROM everything e ORDER BY id')).rows;
    expect(await rows(right)).toEqual(await rows(left));
    expect(stream.errors).toEqual([]);
  },
);
