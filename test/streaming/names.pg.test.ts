import { createStream, MillraceError, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  differences,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** 63 bytes, the most that a name may have, and not 63 characters. */
const longest = `${'ü'.repeat(31)}x`;
const odd = `O'dd "Name", $1 \\ %s {}`;

/** Schemas, tables, types and columns take their names from here. */
const names = [odd, 'a.b', 'select', longest, 'new\nline -- x', 'UPPER', '🎉', ' ', '__proto__', '*'];
const schemas = [odd, 'x.y', 'user', longest];
/** Also what the statements of source and sink call things themselves. */
const columns = [
  ...names,
  't',
  'k',
  'k0',
  'c0',
  'n',
  'o',
  'v',
  's',
  'w',
  'excluded',
  'row',
  'value',
  'ctids',
  'public',
];

const typeOf = (schema: string) => `${quote(schema)}.${quote(`${odd}!`)}`;

const nameOf = (schema: string, table: string) => `${schema}.${table}`;
const tables = schemas.flatMap((schema, at) =>
  names.filter((_, index) => index % schemas.length === at).map((table) => ({ schema, table })),
);
const sqlOf = ({ schema, table }: (typeof tables)[number]) => `${quote(schema)}.${quote(table)}`;

const types = schemas
  .map(
    (schema) =>
      `CREATE SCHEMA ${quote(schema)}; CREATE TYPE ${typeOf(schema)} AS ENUM ('fine', '${odd.replaceAll("'", "''")}');`,
  )
  .join('\n');

/** Two columns of the key, one of a type with a name like theirs, and a unique value that rows pass on. */
const create = (one: (typeof tables)[number]): string => {
  const type = typeOf(one.schema);
  const list = columns.map((column) => `${quote(column)} text`).join(', ');
  return `CREATE TABLE ${sqlOf(one)} (${quote('Key "1"')} int, "order" text, ${quote(`${odd} `)} ${type}, "end" ${type}[],
    "limit" int CONSTRAINT ${quote(`${odd}${tables.indexOf(one)}`)} UNIQUE, ${list}, PRIMARY KEY ("order", ${quote('Key "1"')}));
    ALTER TABLE ${sqlOf(one)} ALTER "public" SET STORAGE EXTERNAL;`;
};

const fill = (one: (typeof tables)[number], from: number, count: number): string =>
  `INSERT INTO ${sqlOf(one)} (${['Key "1"', 'order', `${odd} `, 'limit', 'public', ...names].map(quote).join(', ')})
   SELECT g, 'x' || g, 'fine', g, repeat(md5(g::text), 200), ${names.map((_, index) => `'${index}'`).join(', ')}
   FROM generate_series(${from}, ${from + count - 1}) g;`;

const change = (one: (typeof tables)[number]): string => {
  const [table, key] = [sqlOf(one), quote('Key "1"')];
  const set = columns.slice(0, -1).map((column) => `${quote(column)} = 'changed'`);
  return `UPDATE ${table} SET ${set.join(', ')} WHERE ${key} % 3 = 0;
    UPDATE ${table} SET ${key} = -${key}, "end" = ARRAY[${quote(`${odd} `)}, NULL] WHERE ${key} % 3 = 1;
    UPDATE ${table} SET "limit" = NULL WHERE ${key} = 3; UPDATE ${table} SET "limit" = 3 WHERE ${key} = 6;
    UPDATE ${table} SET ${quote(`${odd} `)} = '${odd.replaceAll("'", "''")}' WHERE ${key} = 9;
    DELETE FROM ${table} WHERE ${key} % 7 = 0;`;
};

const settle = async (source: TestDatabase, target: TestDatabase, stream: Stream, count: number) => {
  await source.query(`INSERT INTO marker VALUES (${count})`);
  const arrived = async () => {
    if (stream.state.status === 'failed-permanently') throw stream.state.error;
    return (await target.query('SELECT FROM marker WHERE id = $1', [count])).length > 0;
  };
  await until(arrived, { describe: 'the last change at the target', timeout: 30_000 });
  expect(await differences(source, target, tables.map(sqlOf))).toEqual([]);
};

test.each(postgresVersions())(
  'names that have to be quoted are copied, followed, added and copied anew (PostgreSQL %i)',
  { timeout: 120_000 },
  async (version) => {
    await using source = await createDatabase(sharedPostgres(version));
    await using target = await createDatabase(sharedPostgres(version));
    for (const database of [source, target]) await database.query(types);
    await source.query(`CREATE TABLE marker (id int PRIMARY KEY); ${tables.map(create).join('\n')}`);
    const [first, ...others] = tables.map(({ schema, table }) => nameOf(schema, table));
    const [, second] = tables;
    for (const one of tables) await source.query(fill(one, 1, 30));
    await using stream = createStream({
      id: 'Names.of-all_kinds',
      source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: `${odd}.ü` }),
      sink: postgresSink({ connection: target.url, schema: odd }),
      tables: ['public.marker', first ?? '', ...others.slice(0, -2)],
    });
    await stream.start();
    for (const one of tables) await source.query(change(one) + fill(one, 101, 30));
    await live(stream);
    await stream.update({ tables: ['public.marker', ...schemas.map((schema) => `${schema}.*`)] });
    for (const one of tables) await source.query(change(one) + fill(one, 201, 30));
    await live(stream);
    await target.query(tables.map((one) => `UPDATE ${sqlOf(one)} SET "public" = 'damaged', "limit" = NULL`).join(';'));
    for (const name of [first ?? '', ...others.slice(0, 2)]) {
      await stream.backfill(name);
      const isDone = () => stream.backfills.some(({ table, state }) => table === name && state === 'completed');
      await until(isDone, { describe: `the backfill of ${name}`, timeout: 30_000 });
    }
    await live(stream);
    await source.query(`${tables.map(change).join('\n')} TRUNCATE ${sqlOf(second ?? { schema: '', table: '' })}`);
    await settle(source, target, stream, 1);
    expect(stream.errors).toEqual([]);
    await stream.delete();
    expect(await source.query('SELECT FROM pg_publication')).toEqual([]);
  },
);

test('tables that cannot be told apart by their names are refused', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE SCHEMA a; CREATE SCHEMA "a.b"; CREATE TABLE a."b.c" (id int PRIMARY KEY);
    CREATE TABLE "a.b".c (id int PRIMARY KEY); CREATE TABLE a.c (id int PRIMARY KEY)`);
  const slot = uniqueName('slot');
  const streamOf = (tables: readonly string[]) =>
    createStream({
      id: 'names',
      source: postgresSource({ connection: source.url, slot, publication: 'names' }),
      sink: postgresSink({ connection: target.url }),
      tables,
    });
  for (const tables of [[], ['a.*'], ['a.b.c']]) {
    await using stream = streamOf(tables);
    const { items } = await stream.validate();
    expect(items).toContainEqual(expect.objectContaining({ code: 'TABLE_AMBIGUOUS', state: 'failed' }));
    await expect(stream.start()).rejects.toMatchObject({ code: expect.stringMatching(/TABLE_AMBIGUOUS|VALIDATION/) });
    expect(await source.query('SELECT FROM pg_replication_slots WHERE slot_name = $1', [slot])).toEqual([]);
  }
  await using stream = streamOf(['a.c']);
  await stream.start();
  await live(stream);
});

test('what errors say to run names every table as it is', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  const table = `${quote(odd)}.${quote('select "x".y')}`;
  await source.query(`CREATE SCHEMA ${quote(odd)}; CREATE TABLE ${table} (${quote(odd)} int PRIMARY KEY, "order" text);
    CREATE PUBLICATION ${quote(odd)}`);
  await target.query(`CREATE SCHEMA ${quote(odd)}; CREATE TABLE ${table} (${quote(odd)} int, "order" text);
    CREATE UNIQUE INDEX ${quote(longest)} ON ${table} ("order"); INSERT INTO ${table} VALUES (1, 'x')`);
  const start = async () => {
    const stream = createStream({
      id: 'names',
      source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: odd }),
      sink: postgresSink({ connection: target.url }),
      tables: [nameOf(odd, 'select "x".y')],
    });
    try {
      await stream.start();
      await live(stream);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      await stream.stop();
      return error;
    }
    await stream.stop();
    return null;
  };
  const run = async (hint: string) => {
    // What stands behind the statement is for people.
    const statement = hint.slice(0, hint.lastIndexOf(';'));
    const database = statement.includes('PUBLICATION') ? source : target;
    await database.query(statement);
  };
  const codes: string[] = [];
  for (let error = await start(); error !== null && codes.length < 6; error = await start()) {
    codes.push(error.code);
    await run(error.hint ?? '');
  }
  expect(codes).toEqual(['VALIDATION_FAILED', 'VALIDATION_FAILED', 'TARGET_NOT_EMPTY', 'TARGET_INDEX_STRICTER']);
});
