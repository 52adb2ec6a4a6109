import { expect, test } from 'vitest';
import { mysqlNames, sharedMysql, type TestDatabase } from '../../harness/index.ts';
import { following } from './following.ts';

const timeout = { timeout: 60_000 };
const names = mysqlNames();
const table = (name: string, rest = 'n int') => `CREATE TABLE ${name} (id int PRIMARY KEY, ${rest})`;
const schema = `${table('items', 'label varchar(10) NOT NULL')}; ${table('others')}`;
const rows = "INSERT INTO items VALUES (1, 'one'), (2, 'two'); INSERT INTO others VALUES (1, 1)";
/** Of the table at the target; `null`: there is none. */
const rowsOf = async (target: TestDatabase, name: string): Promise<number | null> =>
  (await target.query(`SELECT FROM ${name}`).catch(() => null))?.length ?? null;

test.each(names)('tables of %s come, go, and get other names, in order with their rows', timeout, async (name) => {
  await using world = await following({ server: sharedMysql(name), schema, schemaChanges: 'evolve' });
  const { source, target, said, warnings, stream } = world;
  await source.query(rows);
  const step = async (sql: string, tables: readonly string[], ...expected: readonly string[]) => {
    said.splice(0);
    await source.query(sql);
    expect(await world.settle(tables), sql).toEqual([]);
    expect(warnings, sql).toEqual([]);
    expect(said, sql).toEqual(expected);
  };
  await step(
    "INSERT INTO items VALUES (3, 'x'); RENAME TABLE items TO goods; INSERT INTO goods VALUES (4, 'y'); ALTER TABLE goods ADD m int DEFAULT 5, RENAME TO wares; INSERT INTO wares VALUES (5, 'z', 1)",
    ['wares', 'others'],
    'items was renamed to goods',
    'goods: column "m" int added',
    'goods was renamed to wares',
  );
  expect([await rowsOf(target, 'items'), await rowsOf(target, 'goods')]).toEqual([null, null]);
  await step(`${table('items', 'other varchar(5)')}; INSERT INTO items VALUES (9, 'new')`, ['items', 'wares']);
  await step(
    'INSERT INTO others VALUES (2, 2); DROP TABLE others, items; INSERT INTO wares VALUES (6, 6, 6)',
    ['wares'],
    'others was dropped',
    'items was dropped',
  );
  expect([await rowsOf(target, 'items'), await rowsOf(target, 'others')]).toEqual([null, null]);
  await step(
    `${table('others', 'n varchar(3)')}; INSERT INTO others VALUES (1, 'a'); DROP TABLE others; ${table('others', 'k datetime')};
     INSERT INTO others VALUES (1, '2026-01-02 03:04:05')`,
    ['others', 'wares'],
    'others was dropped',
  );
  await step('INSERT INTO others VALUES (2, NULL); TRUNCATE others; INSERT INTO others VALUES (3, NULL)', ['others']);
  // The copy takes the place of the table, as gh-ost has it; both are captured.
  await step(
    `CREATE TABLE _wares_gho LIKE wares; ALTER TABLE _wares_gho ADD extra int NOT NULL DEFAULT 1, MODIFY m bigint;
     INSERT INTO _wares_gho (id, label, m) SELECT id, label, m FROM wares;
     RENAME TABLE wares TO _wares_del, _wares_gho TO wares; INSERT INTO wares VALUES (7, 7, 7, 7)`,
    ['wares', '_wares_del'],
    '_wares_gho: column "extra" int added, column "extra" may not be NULL, column "m" bigint, was int',
    'wares was renamed to _wares_del',
    '_wares_gho was renamed to wares',
  );
  // Names that pass on: each is free when it is taken.
  await step(
    'RENAME TABLE wares TO tmp, others TO wares, tmp TO last; INSERT INTO wares VALUES (8, NULL); INSERT INTO last VALUES (8, 8, 8, 8)',
    ['wares', 'last'],
    'wares was renamed to last',
    'others was renamed to wares',
  );
  expect(stream.errors).toEqual([]);
});

test.each(names)('unless told, the target of %s keeps its tables', timeout, async (name) => {
  await using world = await following({ server: sharedMysql(name), schema });
  const { source, target, said, stream } = world;
  await source.query(rows);
  await source.query(`DROP TABLE others; RENAME TABLE items TO goods; INSERT INTO goods VALUES (3, 'new')`);
  await world.settle([]);
  expect([await rowsOf(target, 'others'), await rowsOf(target, 'items'), await rowsOf(target, 'goods')]).toEqual([
    1, 2, 1,
  ]);
  expect(said).toEqual(
    ['others', 'items'].map(
      (each) => `${each}: the source has no such table any more: it was dropped, or has another name`,
    ),
  );
  // What comes by a name is followed, into the table that was kept.
  await source.query(`${table('others', 'm varchar(5)')}; INSERT INTO others VALUES (7, 'x')`);
  await world.settle([]);
  expect(await target.query('SELECT * FROM others ORDER BY id')).toEqual([
    { id: 1, n: 1, m: null },
    { id: 7, n: null, m: 'x' },
  ]);
  expect(stream.errors).toEqual([]);
});

test.each(names)('a table of %s whose place another takes is one whose rows are others', timeout, async (name) => {
  await using world = await following({
    server: sharedMysql(name),
    schema: `${schema}; ${table('_items_new', 'label text NOT NULL, extra int')}`,
    tables: ['items', 'others'],
    schemaChanges: 'evolve',
  });
  const { source, target, said, warnings, stream } = world;
  await source.query(rows);
  await source.query(`INSERT INTO _items_new VALUES (1, 'changed', 1);
    RENAME TABLE items TO _items_old, _items_new TO items; DROP TABLE _items_old; INSERT INTO items VALUES (2, 'two', 2)`);
  expect(await world.settle(['items', 'others'])).toEqual([]);
  expect(said).toEqual(['items: column "extra" int added, column "label" text, was varchar(10)']);
  expect(world.copies).toBe(1);
  // In a circle no name is free.
  await source.query('RENAME TABLE items TO tmp, others TO items, tmp TO others; INSERT INTO items VALUES (5, 5)');
  expect(await world.settle(['items', 'others'])).toEqual([]);
  expect(world.copies).toBe(3);
  // One takes the name of another that leaves what is captured.
  await source.query('RENAME TABLE items TO away, others TO items; INSERT INTO items VALUES (6, 6, 6)');
  expect(await world.settle()).toEqual([]);
  said.splice(0);
  await source.query('RENAME TABLE items TO gone; INSERT INTO gone VALUES (7, 7, 7)');
  await world.settle([]);
  expect(said).toEqual(['items: the source has no such table any more: it was dropped, or has another name']);
  expect(warnings).toEqual([]);
  expect(stream.errors).toEqual([]);
  expect(await rowsOf(target, 'items')).toBe(3);
});

test.each(names)('a statement of %s stops the stream before it is followed', timeout, async (name) => {
  await using world = await following({ server: sharedMysql(name), schema, schemaChanges: 'exception' });
  const { source, target, stream } = world;
  await source.query(rows);
  const stops = async (sql: string, change: string, of = 'others') => {
    await source.query(sql);
    const error = { code: 'SCHEMA_CHANGED', details: { table: `${source.name}.${of}`, changes: [change] } };
    await expect(stream.done).rejects.toMatchObject(error);
    await stream.update({ schemaChanges: 'evolve' });
    await stream.recover('retry');
    await world.settle([]);
    await stream.update({ schemaChanges: 'exception' });
  };
  await stops('ALTER TABLE others RENAME COLUMN n TO m', 'column "n" renamed to "m"');
  await stops('RENAME TABLE others TO goods', `the table was renamed to ${source.name}.goods`);
  await stops('DROP TABLE goods', 'the table was dropped', 'goods');
  expect(await rowsOf(target, 'goods')).toBeNull();
});

test.each(names)('tables of %s that are copied come, go, and get other names', timeout, async (name) => {
  await using world = await following({
    server: sharedMysql(name),
    schema: `${schema}; ${rows}`,
    schemaChanges: 'evolve',
    snapshot: 'initial',
  });
  const { source, target, stream } = world;
  expect(await world.settle(['items', 'others'])).toEqual([]);
  await source.query(`RENAME TABLE items TO goods; INSERT INTO goods VALUES (3, 'x'); ${table('items')};
    INSERT INTO items VALUES (9, 9); RENAME TABLE others TO tmp, items TO others, tmp TO items; DROP TABLE goods`);
  expect(await world.settle(['items', 'others'])).toEqual([]);
  await source.query(`CREATE TABLE _items_gho LIKE items; ALTER TABLE _items_gho ADD c int DEFAULT 3;
    INSERT INTO _items_gho (id, n) SELECT id, n FROM items; RENAME TABLE items TO _items_del, _items_gho TO items;
    DROP TABLE _items_del; UPDATE items SET c = 4`);
  expect(await world.settle(['items', 'others'])).toEqual([]);
  expect(await rowsOf(target, 'goods')).toBeNull();
  expect(stream.errors).toEqual([]);
});
