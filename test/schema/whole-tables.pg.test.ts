import type { SchemaChangesOption } from '@millrace/core';
import { expect, test } from 'vitest';
import { type TestDatabase, until } from '../harness/index.ts';
import { type Evolving, evolving } from './evolving.ts';

const timeout = { timeout: 60_000 };
const schema = `CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL);
  INSERT INTO items SELECT g, 'label ' || g FROM generate_series(1, 300) g;
  CREATE PUBLICATION evolving FOR ALL TABLES`;
const others = `CREATE TABLE others (id int PRIMARY KEY, n int); INSERT INTO others VALUES (1, 1)`;
/** With an event trigger. */
const certain = (schemaChanges: SchemaChangesOption, more = others) =>
  evolving({ schema: `${schema}; ${more}`, schemaChanges, ddl: 'event-trigger' });
/** Of the table at the target; `null`: there is none. */
const rowsOf = async (target: TestDatabase, table: string): Promise<number | null> =>
  (await target.query(`SELECT FROM ${table}`).catch(() => null))?.length ?? null;
const errorOf = ({ stream }: Evolving) =>
  stream.done.then(
    () => null,
    (error) => error,
  );
const stoppedAgain = (world: Evolving) =>
  world.stream.recover('retry').then(
    () => errorOf(world),
    (error) => error,
  );
const refused = (table: string, change: string) => ({
  code: 'SCHEMA_CHANGED',
  recovery: 'operator',
  details: { table, changes: [change] },
});

test('a table that is dropped is dropped at the target, in order with its rows', timeout, async () => {
  await using world = await certain('evolve');
  const { source, target, stream, said } = world;
  await source.query(`BEGIN; INSERT INTO others VALUES (2, 2); DROP TABLE others;
    INSERT INTO items VALUES (1000, 'behind'); COMMIT`);
  expect(await world.settle()).toEqual([]);
  expect(await rowsOf(target, 'others')).toBeNull();
  expect(said).toEqual(['public.others was dropped']);
  // One of its name is another table, of other columns, in the same transaction as well.
  await source.query('CREATE TABLE others (id int PRIMARY KEY, other text)');
  await source.query("INSERT INTO others VALUES (1, 'x')");
  expect(await world.settle(['items', 'others'])).toEqual([]);
  await source.query(`BEGIN; INSERT INTO others VALUES (2, 'y'); DROP TABLE others;
    CREATE TABLE others (id bigint PRIMARY KEY); INSERT INTO others VALUES (7), (8); COMMIT`);
  expect(await world.settle(['items', 'others'])).toEqual([]);
  expect(await target.query('SELECT * FROM others ORDER BY id')).toEqual([{ id: '7' }, { id: '8' }]);
  // With its schema, while nobody looks.
  await source.query(
    'CREATE SCHEMA extra; CREATE TABLE extra.one (id int PRIMARY KEY); INSERT INTO extra.one VALUES (1)',
  );
  expect(await world.settle(['items', 'others', 'extra.one'])).toEqual([]);
  await stream.pause();
  await source.query('DROP SCHEMA extra CASCADE; INSERT INTO others VALUES (9)');
  await stream.resume();
  expect(await world.settle(['items', 'others'])).toEqual([]);
  expect(await rowsOf(target, 'extra.one')).toBeNull();
  expect(stream.errors).toEqual([]);
});

test(
  'unless told, the target keeps a table that is dropped, until there is one of its name again',
  timeout,
  async () => {
    await using world = await certain('lenient');
    const { source, target, said, stream } = world;
    await source.query('DROP TABLE others');
    expect(await world.settle()).toEqual([]);
    expect(await rowsOf(target, 'others')).toBe(1);
    expect(said).toEqual(['public.others: the source has no such table any more: it was dropped, or has another name']);
    // That one is copied, with or without a change, and with its columns.
    await source.query("CREATE TABLE others (id int PRIMARY KEY, other text); INSERT INTO others VALUES (7, 'x')");
    const isCopied = () =>
      stream.backfills.some(({ table, state }) => table === 'public.others' && state === 'completed');
    await until(isCopied, { describe: 'the copy', timeout: 30_000 });
    expect(await world.settle(['items', 'others'])).toEqual([]);
    expect(await target.query('SELECT * FROM others')).toEqual([{ id: 7, n: null, other: 'x' }]);
    expect(stream.errors).toEqual([]);
  },
);

test('a dropped table that the target does not give up', timeout, async () => {
  await using world = await certain(
    { 'drop-table': 'try-evolve' },
    `${others}; CREATE TABLE third (id int PRIMARY KEY)`,
  );
  const { source, target, stream } = world;
  const warnings: string[] = [];
  stream.on('warning', ({ code }) => warnings.push(code));
  await target.query('CREATE VIEW of_others AS SELECT * FROM others; CREATE VIEW of_third AS SELECT * FROM third');
  await source.query('DROP TABLE others');
  expect(await world.settle()).toEqual([]);
  expect(warnings).toContain('SCHEMA_CHANGE_SKIPPED');
  expect(await rowsOf(target, 'others')).toBe(1);
  await stream.update({ schemaChanges: { 'drop-table': 'evolve' } });
  await source.query('DROP TABLE third');
  expect(await errorOf(world)).toMatchObject({
    code: 'SCHEMA_CHANGE_FAILED',
    details: { table: 'public.third', statement: 'DROP TABLE "public"."third"', sqlstate: '2BP01' },
  });
  await target.query('DROP VIEW of_third');
  await stream.recover('retry');
  expect(await world.settle()).toEqual([]);
  expect(await rowsOf(target, 'third')).toBeNull();
});

test.each(['inferred', 'event-trigger'] as const)('a dropped table stops the stream (%s)', timeout, async (ddl) => {
  await using world = await evolving({
    schema: `${schema}; ${others}`,
    schemaChanges: { 'drop-table': 'exception' },
    ddl,
  });
  const { source, target, stream } = world;
  await source.query('DROP TABLE others');
  expect(await errorOf(world)).toMatchObject(
    refused('public.others', ddl === 'inferred' ? 'the table is gone' : 'the table was dropped'),
  );
  expect(await rowsOf(target, 'others')).toBe(1);
  expect(await stoppedAgain(world)).toMatchObject({ code: 'SCHEMA_CHANGED' });
  await stream.update({ schemaChanges: 'lenient' });
  await stream.recover('retry');
  expect(await world.settle()).toEqual([]);
  expect(await rowsOf(target, 'others')).toBe(1);
});

test('a table that is renamed is renamed at the target, and nothing is copied', timeout, async () => {
  await using world = await certain({ default: 'lenient', 'rename-table': 'evolve' });
  const { source, target, stream, said } = world;
  await source.query(`BEGIN; INSERT INTO others VALUES (2, 2); ALTER TABLE others ADD extra text;
    ALTER TABLE others RENAME TO fresh; INSERT INTO fresh VALUES (3, 3, 'x'); ALTER TABLE fresh ADD more int;
    INSERT INTO fresh VALUES (4, 4, 'y', 4); COMMIT`);
  expect(await world.settle(['items', 'fresh'])).toEqual([]);
  expect(await rowsOf(target, 'others')).toBeNull();
  expect(said).toContain('public.others was renamed to public.fresh');
  // Two change their names with each other; and one comes by the name that is free now.
  await source.query(`BEGIN; ALTER TABLE items RENAME TO was_items; ALTER TABLE fresh RENAME TO items;
    UPDATE was_items SET label = 'in between' WHERE id = 1; ALTER TABLE was_items RENAME TO fresh; COMMIT`);
  await source.query("UPDATE items SET n = 7; UPDATE fresh SET label = 'new' WHERE id < 10");
  expect(await world.settle(['items', 'fresh'])).toEqual([]);
  expect(world.copies).toBe(0);
  await source.query('CREATE TABLE others (id int PRIMARY KEY, note text)');
  await source.query("INSERT INTO others VALUES (1, 'another')");
  expect(await world.settle(['items', 'fresh', 'others'])).toEqual([]);
  expect(world.copies).toBe(1);
  // While the stream is down, so that the catalog is ahead of it when it starts, and twice.
  await stream.pause();
  await source.query(`INSERT INTO items VALUES (999, 0); ALTER TABLE items RENAME TO middle;
    INSERT INTO middle VALUES (1000, 1); ALTER TABLE middle ADD last int DEFAULT 1; ALTER TABLE middle RENAME TO items_2;
    INSERT INTO items_2 VALUES (1001, 1)`);
  await stream.resume();
  await target.query('CREATE SCHEMA elsewhere');
  await source.query('CREATE SCHEMA elsewhere; ALTER TABLE fresh SET SCHEMA elsewhere');
  await source.query("INSERT INTO elsewhere.fresh VALUES (1000, 'there')");
  expect(await world.settle(['items_2', 'elsewhere.fresh', 'others'])).toEqual([]);
  expect(world.copies).toBe(1);
  expect(stream.errors).toEqual([]);
});

test(
  'a renamed table that the options do not follow is a new one, and the target keeps the former',
  timeout,
  async () => {
    await using world = await certain('lenient');
    const { source, target, stream } = world;
    await source.query('ALTER TABLE others RENAME TO fresh; INSERT INTO fresh VALUES (2, 2)');
    expect(await world.settle(['items', 'fresh'])).toEqual([]);
    expect(await rowsOf(target, 'others')).toBe(1);
    await stream.update({ schemaChanges: { 'rename-table': 'exception' } });
    await source.query(
      'INSERT INTO fresh VALUES (3, 3); ALTER TABLE fresh RENAME TO last; INSERT INTO last VALUES (4, 4)',
    );
    const error = refused('public.fresh', 'the table was renamed to public.last');
    expect(await errorOf(world)).toMatchObject(error);
    expect(await stoppedAgain(world)).toMatchObject(error);
    await stream.update({ schemaChanges: 'evolve' });
    await stream.recover('retry');
    expect(await world.settle(['items', 'last'])).toEqual([]);
    expect(await rowsOf(target, 'fresh')).toBeNull();
    expect(world.copies).toBe(1);
  },
);

test(
  'tables whose names are passed on in one transaction, and on again, are found without a row',
  timeout,
  async () => {
    await using world = await certain('lenient', `${others}; CREATE TABLE third (id int PRIMARY KEY)`);
    const { source, target } = world;
    await source.query(`BEGIN; ALTER TABLE items RENAME TO held; ALTER TABLE others RENAME TO items;
    ALTER TABLE items RENAME TO others; ALTER TABLE held RENAME TO items; ALTER TABLE third RENAME TO other_third; COMMIT`);
    await source.query('ALTER TABLE others RENAME TO passing; ALTER TABLE passing RENAME TO last');
    expect(await world.settle(['items', 'last', 'other_third'])).toEqual([]);
    expect(await rowsOf(target, 'last')).toBe(1);
  },
);

test('where something stands under the new name, the stream stops until it is gone', timeout, async () => {
  await using world = await certain('evolve');
  const { source, target, stream } = world;
  await target.query('CREATE TABLE fresh (id int PRIMARY KEY)');
  await source.query('ALTER TABLE others RENAME TO fresh; INSERT INTO fresh VALUES (2, 2)');
  expect(await errorOf(world)).toMatchObject({
    code: 'SCHEMA_CHANGE_FAILED',
    details: { statement: 'ALTER TABLE "public"."others" RENAME TO "fresh"', sqlstate: '42P07' },
  });
  await target.query('ALTER TABLE fresh RENAME TO somebodys');
  await stream.recover('retry');
  expect(await world.settle(['items', 'fresh'])).toEqual([]);
});

const create = 'CREATE TABLE fresh (id int PRIMARY KEY); INSERT INTO fresh SELECT generate_series(1, 100)';

test('new tables are left out where the options say so, over restarts, until they say otherwise', timeout, async () => {
  await using world = await evolving({ schema, schemaChanges: { 'create-table': 'ignore' } });
  const { source, target, stream, said } = world;
  await source.query(`${create}; INSERT INTO items VALUES (1000, 'beside')`);
  expect(await world.settle()).toEqual([]);
  expect(said).toEqual(['public.fresh is new, and left out']);
  await stream.pause();
  await source.query('INSERT INTO fresh VALUES (101)');
  expect((await stream.planSchema()).statements).toEqual([]);
  await stream.resume();
  expect(await world.settle()).toEqual([]);
  expect(await rowsOf(target, 'fresh')).toBeNull();
  // One that is asked for by its name is no surprise.
  await stream.update({ tables: ['public.*', 'public.fresh'] });
  expect(await world.settle(['items', 'fresh'])).toEqual([]);
  await stream.update({ schemaChanges: 'lenient' });
  await source.query('CREATE TABLE second (id int PRIMARY KEY); INSERT INTO second VALUES (1)');
  expect(await world.settle(['items', 'fresh', 'second'])).toEqual([]);
  expect(stream.errors).toEqual([]);
});

test('new tables stop the stream where the options say so, while it runs and when it starts', timeout, async () => {
  await using world = await evolving({ schema, schemaChanges: { 'create-table': 'exception' } });
  const { source, target, stream } = world;
  await source.query(create);
  expect(await errorOf(world)).toMatchObject(refused('public.fresh', 'the table is new'));
  expect(await stoppedAgain(world)).toMatchObject({ code: 'SCHEMA_CHANGED' });
  expect(await rowsOf(target, 'fresh')).toBeNull();
  await stream.update({ schemaChanges: 'lenient' });
  await stream.recover('retry');
  expect(await world.settle(['items', 'fresh'])).toEqual([]);
});

test('a truncate is applied unless it is told itself, left out, or stops the stream', timeout, async () => {
  await using world = await evolving({ schema: `${schema}; ${others}`, schemaChanges: 'ignore' });
  const { source, target, stream, said } = world;
  await source.query('TRUNCATE others');
  expect(await world.settle(['items', 'others'])).toEqual([]);
  await source.query('INSERT INTO others VALUES (1, 1), (2, 2)');
  await stream.update({ schemaChanges: { truncate: 'ignore' } });
  expect(await world.settle(['items', 'others'])).toEqual([]);
  // What was there before and comes again is overwritten.
  await source.query(
    'BEGIN; INSERT INTO others VALUES (3, 3); TRUNCATE others; INSERT INTO others VALUES (2, 20); COMMIT',
  );
  expect(await world.settle()).toEqual([]);
  expect(await target.query('SELECT n FROM others ORDER BY id')).toEqual([{ n: 1 }, { n: 20 }, { n: 3 }]);
  expect(said).toEqual(['public.others was truncated: the target keeps its rows']);
  await stream.update({ schemaChanges: { truncate: 'exception' } });
  await source.query('TRUNCATE others');
  expect(await errorOf(world)).toMatchObject(refused('public.others', 'the table was truncated'));
  expect(await rowsOf(target, 'others')).toBe(3);
  await stream.update({ schemaChanges: 'lenient' });
  await stream.recover('retry');
  expect(await world.settle(['items', 'others'])).toEqual([]);
});

test('a copy makes a table that the target does not have', timeout, async () => {
  await using world = await certain('lenient');
  const { target, stream } = world;
  await target.query('DROP TABLE others');
  await stream.backfill('public.others');
  expect(await world.settle(['items', 'others'])).toEqual([]);
});
