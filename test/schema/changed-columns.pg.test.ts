import type { Change } from '@millrace/core';
import { expect, test } from 'vitest';
import { postgresVersions, sharedPostgres, until } from '../harness/index.ts';
import { evolving } from './evolving.ts';
import { columnsOf } from './random/columns.ts';

const schema = `CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL, n int, big text);
  ALTER TABLE items ALTER COLUMN big SET STORAGE EXTERNAL;
  INSERT INTO items SELECT g, 'label ' || g, g, repeat('x', 3000) FROM generate_series(1, 500) g`;

/** `copies`: rows that are there get other values, of which the log says nothing. */
const kinds: readonly { readonly sql: string; readonly copies: boolean }[] = [
  { sql: 'ALTER TABLE items ADD added text', copies: false },
  { sql: "ALTER TABLE items ADD one int DEFAULT 7, ADD texts text NOT NULL DEFAULT 'it''s'", copies: false },
  { sql: 'ALTER TABLE items ALTER one DROP DEFAULT', copies: false },
  { sql: 'ALTER TABLE items ADD volatile float8 DEFAULT random()', copies: true },
  { sql: 'ALTER TABLE items ADD short varchar(5)', copies: false },
  { sql: 'ALTER TABLE items ALTER short TYPE varchar(50)', copies: false },
  { sql: 'ALTER TABLE items ALTER short TYPE varchar', copies: false },
  { sql: 'ALTER TABLE items ALTER short TYPE numeric(9,2) USING id', copies: true },
  { sql: 'ALTER TABLE items ALTER short TYPE numeric', copies: false },
  { sql: 'ALTER TABLE items ALTER n TYPE bigint', copies: true },
  { sql: "ALTER TABLE items ALTER n TYPE text USING 'n' || n", copies: true },
  { sql: 'ALTER TABLE items RENAME label TO title', copies: true },
  { sql: 'ALTER TABLE items DROP added', copies: false },
  {
    sql: 'BEGIN; ALTER TABLE items ADD added int DEFAULT 1; UPDATE items SET added = id WHERE id < 9; COMMIT',
    copies: false,
  },
];

test.each(postgresVersions())(
  'columns that are added, dropped, renamed and retyped at PostgreSQL %i: every row is equal after each',
  { timeout: 60_000 },
  async (version) => {
    const server = sharedPostgres(version);
    await using world = await evolving({
      servers: { source: server, target: server },
      schemaChanges: 'evolve',
      schema,
    });
    const { source, stream } = world;
    for (const [index, { sql, copies: expected }] of kinds.entries()) {
      const { copies } = world;
      await source.query(sql);
      // The log says nothing of it before the next row.
      await source.query(`UPDATE items SET id = id WHERE id % 20 = ${index}`);
      expect({ sql, differences: await world.settle(), copies: world.copies - copies }).toEqual({
        sql,
        differences: [],
        copies: expected ? 1 : 0,
      });
    }
    expect(stream.errors).toEqual([]);
  },
);

const plain = 'CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL, n int)';

test.each([
  [
    'of changes that go through a function',
    plain,
    (change: Change) => (change.after === null ? change : change.with({ after: {} })),
  ],
  ['of a table that comes as text', `${plain}; ALTER TABLE items ADD words tsvector`, undefined],
  ['of a table logged as whole rows', `${plain}; ALTER TABLE items REPLICA IDENTITY FULL`, undefined],
  [
    'of a table in partitions',
    `${plain} PARTITION BY RANGE (id); CREATE TABLE low PARTITION OF items FOR VALUES FROM (0) TO (20);
     CREATE TABLE high PARTITION OF items DEFAULT`,
    undefined,
  ],
] as const)('columns %s change', { timeout: 60_000 }, async (_, create, transform) => {
  await using world = await evolving({
    ...(transform === undefined ? {} : { transform }),
    schema: `${create}; INSERT INTO items SELECT g, 'label ' || g, g FROM generate_series(1, 50) g`,
  });
  const { source, stream } = world;
  for (const sql of [
    'ALTER TABLE items ADD added text, ADD one int DEFAULT 7',
    'ALTER TABLE items ALTER n TYPE bigint',
    'ALTER TABLE items ADD volatile float8 DEFAULT random()',
    'ALTER TABLE items DROP label',
  ]) {
    await source.query(`${sql}; UPDATE items SET n = n + 1 WHERE id < 9; DELETE FROM items WHERE id = 10`);
    expect({ sql, differences: await world.settle() }).toEqual({ sql, differences: [] });
  }
  expect(stream.errors.filter(({ code }) => code !== 'RELATION_CHANGED')).toEqual([]);
});

test('lengths and precisions that go away, those of domains too', async () => {
  await using world = await evolving({
    schema: `CREATE DOMAIN price AS numeric(10,2); CREATE DOMAIN any_price AS numeric;
      CREATE TABLE items (id int PRIMARY KEY, a varchar(5), b numeric(10,2), c char(3), d price, e timestamptz(3), f varchar(4)[])`,
  });
  const { source, target, stream } = world;
  const types = async () => {
    expect(await world.settle()).toEqual([]);
    const columns = (await columnsOf(target, ['items'])).get('items') ?? [];
    return columns.slice(1).map(({ type }) => type);
  };
  await source.query("INSERT INTO items VALUES (1, 'abcde', 1.25, 'c', 2.25, now(), '{abcd}')");
  const limited = ['character varying(5)', 'numeric(10,2)', 'character(3)', 'numeric(10,2)'];
  expect(await types()).toEqual([...limited, 'timestamp(3) with time zone', 'character varying(4)[]']);
  await source.query(`ALTER TABLE items ALTER a TYPE varchar, ALTER b TYPE numeric, ALTER c TYPE bpchar,
      ALTER d TYPE any_price, ALTER e TYPE timestamptz, ALTER f TYPE varchar[];
    INSERT INTO items VALUES (2, repeat('a', 50), 1.23456, 'cccccc', 2.23456, now(), ARRAY[repeat('f', 50)])`);
  const free = ['character varying', 'numeric', 'bpchar', 'numeric'];
  expect(await types()).toEqual([...free, 'timestamp with time zone', 'character varying[]']);
  expect(stream.errors.filter(({ code }) => code !== 'RELATION_CHANGED')).toEqual([]);
  // A domain that is younger than the connection.
  await source.query(
    `CREATE DOMAIN cents AS numeric(20,4); ALTER TABLE items ALTER d TYPE cents; UPDATE items SET d = 7`,
  );
  expect((await types())[3]).toBe('numeric(20,4)');
});

test('values that change while another column is dropped are noticed', async () => {
  await using world = await evolving({ schema, schemaChanges: 'evolve' });
  await world.source.query(`ALTER TABLE items ALTER n TYPE int USING n * 2; ALTER TABLE items DROP label;
    UPDATE items SET big = 'small' WHERE id = 1`);
  expect(await world.settle()).toEqual([]);
});

test('rows that get other values while no column seems to change are noticed', { timeout: 90_000 }, async () => {
  await using world = await evolving({ schema });
  const { source, stream, said } = world;
  await source.query('VACUUM FULL items');
  const silent = [
    'ALTER TABLE items ALTER n TYPE int USING n * 2',
    'ALTER TABLE items DROP n; ALTER TABLE items ADD n int DEFAULT 5',
  ];
  for (const [index, sql] of silent.entries()) {
    await source.query(sql);
    await until(() => said.length > index, { describe: 'notice', timeout: 15_000 });
    expect({ sql, differences: await world.settle() }).toEqual({ sql, differences: [] });
  }
  // While the stream is down, too.
  await stream.pause();
  await source.query('ALTER TABLE items ALTER n TYPE int USING n * 3');
  await stream.resume();
  await until(() => said.length === 3, { describe: 'notice', timeout: 5_000 });
  expect(await world.settle()).toEqual([]);
  expect(said.every((message) => message.includes('rows may have come or got other values'))).toBe(true);
});
