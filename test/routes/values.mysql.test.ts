import { expect, test } from 'vitest';
import type { MysqlName, MysqlTestDatabase, TestDatabase } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';
import {
  arraysOf,
  builtinLiterals,
  isElement,
  type Literals,
  ownLiterals,
  ownTypes,
  textTypes,
} from '../streaming/type-tables.ts';
import { mysqlValueColumns } from './mysql-value-columns.ts';
import { rowsAsPrinted } from './postgres-rows.ts';
import { columnsOf, printedRows } from './printed-columns.ts';
import { routeStream } from './route-stream.ts';
import { arrives, type RouteWorld, routeWorld, run } from './route-world.ts';
import { routes } from './routes.ts';
import { type ValueColumn, type ValueTable, valueTables } from './value-tables.ts';

/** MariaDB has no negative zero. */
const keptBy = (target: MysqlName, row: Readonly<Record<string, string | null>>) =>
  target === 'mysql'
    ? row
    : Object.fromEntries(Object.entries(row).map(([name, text]) => [name, text === '-0' ? '0' : text]));

/** Copies the tables, inserts and updates their values, and waits for all of it; what the target had to say against it. */
const follow = async ({ source, target, options }: RouteWorld, tables: readonly ValueTable[]) => {
  for (const { create, fill } of tables) await run(source, `${create};${fill}`);
  await run(source, 'CREATE TABLE marker (id int PRIMARY KEY)');
  await using stream = routeStream({ ...options, zeroDates: 'null' });
  await stream.start();
  await live(stream);
  for (const { change } of tables) await run(source, change);
  await run(source, 'INSERT INTO marker VALUES (1)');
  await arrives(target, 'SELECT 1 FROM marker', stream);
  expect(stream.errors).toEqual([]);
};

const fromMysql = routes().filter(({ source }) => source !== 'postgres');
const zeroDates = 'zero_dates (id int PRIMARY KEY, d date, t datetime(3), s timestamp NULL)';
const zeros = "'0000-00-00', '2020-00-00 10:00:00', '0000-00-00 00:00:00'";

test.each(fromMysql)('each value of $source is printed by $target', { timeout: 60_000 }, async (route) => {
  await using world = await routeWorld(route);
  const { target } = world;
  const source = world.source as MysqlTestDatabase;
  // NULL, as the stream is told.
  const dates = {
    name: 'zero_dates',
    create: `CREATE TABLE ${zeroDates}`,
    fill: `INSERT INTO zero_dates VALUES (1, ${zeros}), (2, NULL, NULL, NULL)`,
    change: `INSERT INTO zero_dates VALUES (3, ${zeros}); UPDATE zero_dates SET d = '0000-00-00', t = '0000-00-00' WHERE id = 2`,
  };
  const tables = valueTables(mysqlValueColumns(route.source as MysqlName));
  await run(source, "SET time_zone = '+00:00', sql_mode = ''");
  await run(target, "SET time_zone = '+00:00'");
  await follow(world, [...tables, dates]);
  for (const { name } of tables) {
    if (route.source === route.target) expect(await columnsOf(target, name)).toEqual(await columnsOf(source, name));
    const [ours, theirs] = [await printedRows(source, name), await printedRows(target, name)];
    expect(theirs).toHaveLength(ours.length);
    for (const [at, row] of theirs.entries()) expect(row).toEqual(keptBy(route.target, ours[at] ?? {}));
  }
  expect(await target.query('SELECT DISTINCT d, t, s FROM zero_dates')).toEqual([{ d: null, t: null, s: null }]);
});

/** Values of PostgreSQL that the type at MySQL and MariaDB has no place for. */
const refused: Readonly<Record<string, RegExp>> = {
  'pg_catalog."float4"': /NaN|Infinity/,
  'pg_catalog."float8"': /NaN|Infinity/,
  'pg_catalog."date"': /infinity|BC|^\d{5}/,
  'pg_catalog."timestamp"': /infinity|BC|^\d{5}/,
  'pg_catalog."timestamptz"': /infinity|BC|^\d{5}/,
  'numeric(3,0)': /NaN/,
};

const postgresColumns = (version: number): readonly ValueColumn[] => {
  const scalars: Literals = { ...builtinLiterals(version), ...textTypes, ...ownLiterals };
  const elements = Object.fromEntries(Object.entries(scalars).filter(([type]) => isElement(type)));
  return Object.entries({ ...scalars, ...arraysOf(elements) }).map(([type, literals]) => ({
    type,
    values: literals.filter((text) => !refused[type]?.test(text)).map((text) => `'${text.replaceAll("'", "''")}'`),
  }));
};

const fromPostgres = routes().filter(({ source }) => source === 'postgres');

test.each(fromPostgres)('each value of PostgreSQL is printed by $target', { timeout: 90_000 }, async (route) => {
  await using world = await routeWorld(route);
  const { target } = world;
  const source = world.source as TestDatabase;
  await source.query(ownTypes);
  await source.query("SET datestyle = 'ISO'; SET timezone = 'UTC'");
  const tables = valueTables(postgresColumns(source.server.version));
  await follow(world, tables);
  for (const { name } of tables) {
    const ours = await rowsAsPrinted(source, target, name);
    const theirs = await printedRows(target, name);
    expect(theirs).toHaveLength(ours.length);
    for (const [at, row] of theirs.entries()) expect(row).toEqual(keptBy(route.target, ours[at] ?? {}));
  }
});
