import { expect, test } from 'vitest';
import { until } from '../harness/index.ts';
import { evolving } from './evolving.ts';

const schema = `CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL, n text);
  INSERT INTO items SELECT g, 'label ' || g, g FROM generate_series(1, 3) g`;
const insert = (id: number) => `INSERT INTO items (id) VALUES (${id})`;

test('unless told, the target follows and loses nothing', async () => {
  await using world = await evolving({ schema });
  const { source, target, stream } = world;
  await source.query(`ALTER TABLE items DROP label, ADD extra int; ${insert(4)}`);
  expect(await world.settle()).toEqual([]);
  // Nobody says what the label of the new row is.
  expect(await target.query('SELECT id, label FROM items ORDER BY id')).toEqual([
    { id: 1, label: 'label 1' },
    { id: 2, label: 'label 2' },
    { id: 3, label: 'label 3' },
    { id: 4, label: null },
  ]);
  expect(world.said).toEqual(['public.items: column "label" dropped, column "extra" integer added']);
  // Across a restart, too.
  await stream.pause();
  await source.query(`ALTER TABLE items ADD more int DEFAULT 3; ${insert(5)}`);
  await stream.resume();
  expect(await world.settle()).toEqual([]);
  expect(stream.backfills.filter(({ table, startedAt }) => table === 'public.items' && startedAt !== null)).toEqual([]);
});

test('a column that comes back is another one: what was kept of the former is not its value', async () => {
  await using world = await evolving({ schema });
  const { source, stream } = world;
  for (const sql of [
    `ALTER TABLE items DROP n; INSERT INTO items VALUES (4, '')`,
    "ALTER TABLE items ADD n int; INSERT INTO items VALUES (5, '', 5)",
    "ALTER TABLE items DROP n; INSERT INTO items VALUES (6, '')",
  ]) {
    await source.query(sql);
    expect({ sql, differences: await world.settle() }).toEqual({ sql, differences: [] });
  }
  // Across a restart, too.
  await stream.pause();
  await source.query("ALTER TABLE items ADD n text DEFAULT 'new'; INSERT INTO items VALUES (7, '', 'own')");
  await stream.resume();
  expect(await world.settle()).toEqual([]);
});

test('changes that are ignored leave the target as it is', async () => {
  await using world = await evolving({ schema, schemaChanges: 'ignore' });
  const { source, target, stream } = world;
  await source.query(`ALTER TABLE items ADD extra int DEFAULT 1; INSERT INTO items VALUES (4, 'x', 'y', 2)`);
  await until(async () => (await target.query('SELECT FROM items')).length === 4, { describe: 'the row' });
  expect(await target.query('SELECT * FROM items WHERE id = 4')).toEqual([{ id: 4, label: 'x', n: 'y' }]);
  await stream.pause();
  await source.query("UPDATE items SET extra = 5, n = 'z' WHERE id = 4");
  await stream.resume();
  await until(async () => (await target.query("SELECT FROM items WHERE n = 'z'")).length === 1, {
    describe: 'the row',
  });
});

test('an exception stops the stream before anything is written, and says how to go on', async () => {
  await using world = await evolving({ schema, schemaChanges: { 'add-column': 'exception' } });
  const { source, target, stream } = world;
  await source.query(`ALTER TABLE items ADD extra int; UPDATE items SET extra = 1`);
  await expect(stream.done).rejects.toMatchObject({
    code: 'SCHEMA_CHANGED',
    details: { table: 'public.items', changes: ['column "extra" integer added'] },
  });
  expect(await target.query("SELECT FROM information_schema.columns WHERE column_name = 'extra'")).toEqual([]);
  await stream.update({ schemaChanges: 'lenient' });
  await stream.recover('retry');
  expect(await world.settle()).toEqual([]);
});

test('what the target refuses stops the stream, until it is done by hand', async () => {
  await using world = await evolving({ schema });
  const { source, target, stream } = world;
  await target.query("UPDATE items SET n = 'no number'");
  await source.query('ALTER TABLE items ALTER n TYPE int USING 7; UPDATE items SET n = 8 WHERE id = 1');
  const failed = await stream.done.then(
    () => null,
    (error) => error,
  );
  expect(failed).toMatchObject({
    code: 'SCHEMA_CHANGE_FAILED',
    details: {
      table: 'public.items',
      statement: 'ALTER TABLE "public"."items" ALTER COLUMN "n" TYPE integer USING "n"::integer',
      sqlstate: '22P02',
    },
  });
  expect(`${failed.message} ${failed.hint} ${JSON.stringify(failed.details)}`).not.toContain('no number');
  await target.query('ALTER TABLE items ALTER n TYPE int USING NULL');
  await stream.recover('retry');
  expect(await world.settle()).toEqual([]);
});

test.each(['inferred', 'event-trigger'] as const)(
  'a default of the target is taken along into a type that the server does not turn it into by itself (%s)',
  { timeout: 60_000 },
  async (ddl) => {
    await using world = await evolving({
      ddl,
      structure: ['defaults'],
      schema: `CREATE TABLE items (id int PRIMARY KEY, flag int NOT NULL DEFAULT 0, doc text DEFAULT '{}');
        INSERT INTO items VALUES (1, 1, '[1]')`,
    });
    const { source, target, stream } = world;
    await target.query("ALTER TABLE items ALTER flag SET DEFAULT 0, ALTER doc SET DEFAULT '{}'");
    await source.query(`ALTER TABLE items ALTER flag DROP DEFAULT, ALTER flag TYPE boolean USING flag <> 0, ALTER flag SET DEFAULT false,
      ALTER doc DROP DEFAULT, ALTER doc TYPE jsonb USING doc::jsonb, ALTER doc SET DEFAULT '{}'`);
    await source.query('INSERT INTO items VALUES (2)');
    expect(await world.settle()).toEqual([]);
    await target.query('INSERT INTO items (id) VALUES (-1)');
    expect(await target.query('SELECT * FROM items WHERE id = -1')).toEqual([{ id: -1, flag: false, doc: {} }]);
    expect(stream.errors).toEqual([]);
  },
);

test('what the target refuses is passed over where the stream may try only', async () => {
  await using world = await evolving({ schema, schemaChanges: 'try-evolve' });
  const { source, target, stream } = world;
  const warnings: string[] = [];
  stream.on('warning', ({ code }) => warnings.push(code));
  await source.query("CREATE TYPE mood AS ENUM ('ok')");
  await source.query(`ALTER TABLE items ADD mood mood, ADD extra int; INSERT INTO items VALUES (4, 'x', 'y', 'ok', 9)`);
  await until(async () => (await target.query('SELECT FROM items')).length === 4, { describe: 'the row' });
  expect(await target.query('SELECT * FROM items WHERE id = 4')).toEqual([{ id: 4, label: 'x', n: 'y', extra: 9 }]);
  expect(warnings).toContain('SCHEMA_CHANGE_SKIPPED');
  // Values of a new type come as text, on a new connection.
  expect(stream.errors.map(({ code }) => code)).toEqual(['BINARY_UNREADABLE']);
});

test('columns that change in the middle of a transaction: what was written before them is there, and all of it at once', async () => {
  await using world = await evolving({ schema });
  const { source, target } = world;
  await source.query(`BEGIN; INSERT INTO items VALUES (4, 'before', 'b'); ALTER TABLE items ADD extra int;
    INSERT INTO items VALUES (5, 'after', 'a', 1); UPDATE items SET extra = 2 WHERE id = 4;
    ALTER TABLE items DROP label; INSERT INTO items VALUES (6, 'last', 3); COMMIT`);
  expect(await world.settle()).toEqual([]);
  expect(await target.query('SELECT id, label, n, extra FROM items WHERE id > 3 ORDER BY id')).toEqual([
    { id: 4, label: 'before', n: 'b', extra: 2 },
    { id: 5, label: 'after', n: 'a', extra: 1 },
    { id: 6, label: null, n: 'last', extra: 3 },
  ]);
});

test.each(['inferred', 'event-trigger'] as const)(
  'a new column does not take over what the target kept of one of its name (%s)',
  { timeout: 60_000 },
  async (ddl) => {
    await using world = await evolving({ schema, ddl });
    const { source, target, stream } = world;
    await source.query(`ALTER TABLE items DROP label; ${insert(4)}`);
    expect(await world.settle()).toEqual([]);
    // Also after a restart.
    await stream.pause();
    await stream.resume();
    await source.query(`ALTER TABLE items ADD label text; ${insert(5)}`);
    expect(await world.settle()).toEqual([]);
    expect(await target.query('SELECT DISTINCT label FROM items')).toEqual([{ label: null }]);
    await source.query(`ALTER TABLE items DROP label; ${insert(6)}`);
    await source.query(`ALTER TABLE items RENAME n TO label; ${insert(7)}`);
    expect(await world.settle()).toEqual([]);
    // Nothing is lost: the first label, and the second.
    expect(await target.query('SELECT "label (dropped)" AS kept FROM items ORDER BY id LIMIT 1')).toEqual([
      { kept: 'label 1' },
    ]);
    expect(await target.query('SELECT "label (dropped 2)" FROM items')).toHaveLength(7);
  },
);

test('a table that is gone, by another name or for good, is told of, and its target is left as it is', async () => {
  await using world = await evolving({ schema: `${schema}; CREATE TABLE others (id int PRIMARY KEY)` });
  const { source, target, stream, said } = world;
  const message = 'the source has no such table any more: it was dropped, or has another name';
  await source.query('DROP TABLE others');
  await until(() => said.length === 1, { describe: 'the first', timeout: 20_000 });
  await stream.pause();
  await source.query('ALTER TABLE items RENAME TO things');
  await stream.resume();
  expect([...said].sort()).toEqual(['items', 'others', 'others'].map((table) => `public.${table}: ${message}`));
  // The one of the new name is another table, which is copied.
  await until(async () => (await target.query('SELECT FROM things').catch(() => [])).length === 3, {
    describe: 'a copy',
  });
  expect(await target.query('SELECT FROM items')).toHaveLength(3);
}, 40_000);
