import { createStream, memoryCheckpointStore, nullSink } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { expect, test } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, uniqueName, until } from '../harness/index.ts';
import { evolving } from './evolving.ts';

const schema = `CREATE TYPE mood AS ENUM ('sad', 'happy');
  CREATE DOMAIN short AS varchar(5);
  CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL, n int, big text);
  ALTER TABLE items ALTER COLUMN big SET STORAGE EXTERNAL;
  INSERT INTO items SELECT g, 'label ' || g, g, repeat('x', 3000) FROM generate_series(1, 500) g`;

/** Each is one statement of the application, with no row behind it. */
const statements: readonly { readonly sql: string; readonly said: readonly string[]; readonly copies?: true }[] = [
  { sql: 'ALTER TABLE items ADD added text', said: ['column "added" text added'] },
  { sql: 'ALTER TABLE items RENAME label TO title', said: ['column "label" renamed to "title"'] },
  {
    sql: "ALTER TABLE items ADD one int DEFAULT 7, ADD texts text NOT NULL DEFAULT 'it''s'",
    said: ['column "one" integer added, column "texts" text added, column "texts" may not be NULL'],
  },
  { sql: 'ALTER TABLE items ALTER one DROP DEFAULT', said: ['column "one" without a default'] },
  { sql: 'ALTER TABLE items ALTER title DROP NOT NULL', said: ['column "title" may be NULL'] },
  { sql: "ALTER TABLE items ADD feeling mood DEFAULT 'happy'", said: ['column "feeling" public.mood added'] },
  { sql: 'ALTER TABLE items ADD brief short', said: ['column "brief" character varying(5) added'] },
  {
    sql: 'ALTER TABLE items ADD code varchar(20), ADD price numeric(12, 2)',
    said: ['column "code" character varying(20) added, column "price" numeric(12,2) added'],
  },
  { sql: 'ALTER TABLE items DROP added', said: ['column "added" dropped'] },
  {
    sql: 'ALTER TABLE items ADD volatile float8 DEFAULT random()',
    said: ['column "volatile" double precision added'],
    copies: true,
  },
  { sql: 'ALTER TABLE items ALTER n TYPE bigint', said: ['column "n" bigint, was integer'], copies: true },
  // Nothing of this is in the shape of the table.
  { sql: 'ALTER TABLE items ALTER title TYPE text USING upper(title)', said: [], copies: true },
  {
    sql: 'BEGIN; ALTER TABLE items RENAME n TO m; ALTER TABLE items RENAME one TO n; ALTER TABLE items RENAME m TO one; COMMIT',
    said: ['column "n" renamed to "m"', 'column "one" renamed to "n"', 'column "m" renamed to "one"'],
  },
  {
    sql: `BEGIN; INSERT INTO items (id) VALUES (1001); ALTER TABLE items RENAME title TO label; INSERT INTO items (id, label) VALUES (1002, 'x');
      ALTER TABLE items DROP brief; UPDATE items SET label = 'y' WHERE id = 1002; COMMIT`,
    said: ['column "title" renamed to "label"', 'column "brief" dropped'],
  },
  {
    sql: `BEGIN; SAVEPOINT a; ALTER TABLE items RENAME label TO title; RELEASE a; INSERT INTO items (id, title) VALUES (1003, 'x');
      SAVEPOINT b; ALTER TABLE items DROP title; ROLLBACK TO b; UPDATE items SET title = 'y' WHERE id < 9; COMMIT`,
    said: ['column "label" renamed to "title"'],
  },
  { sql: 'BEGIN; ALTER TABLE items DROP title; ROLLBACK', said: [] },
  { sql: 'ALTER TABLE items ALTER big SET STORAGE PLAIN', said: [] },
];

test.each(postgresVersions())(
  'statements that change a table are seen as they were at PostgreSQL %i, with no row behind them',
  { timeout: 60_000 },
  async (version) => {
    const server = sharedPostgres(version);
    await using world = await evolving({
      servers: { source: server, target: server },
      schemaChanges: 'evolve',
      ddl: 'event-trigger',
      schema,
    });
    const { source, target, stream, said } = world;
    await target.query("CREATE TYPE mood AS ENUM ('sad', 'happy')").catch(() => {});
    for (const { sql, said: expected, copies: isCopied } of statements) {
      const [before, copies] = [said.length, world.copies];
      await source.query(sql);
      const differences = await world.settle();
      expect({ sql, differences, copies: world.copies - copies, said: said.slice(before) }).toEqual({
        sql,
        differences: [],
        copies: isCopied === true ? 1 : 0,
        said: expected.map((each) => `public.items: ${each}`),
      });
    }
    // A type of which only the text can be read takes another connection.
    expect(stream.errors.map(({ code }) => code)).toEqual(['BINARY_UNREADABLE']);
  },
);

const plain = 'CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL, n int)';
const rows = "INSERT INTO items SELECT g, 'label ' || g, g FROM generate_series(1, 50) g";

test.each([
  ['logged as whole rows', `${plain}; ALTER TABLE items REPLICA IDENTITY FULL`],
  ['that comes as text', `${plain}; ALTER TABLE items ADD words tsvector`],
  [
    'in partitions',
    `${plain} PARTITION BY RANGE (id); CREATE TABLE low PARTITION OF items FOR VALUES FROM (0) TO (20);
     CREATE TABLE high PARTITION OF items DEFAULT`,
  ],
] as const)(
  'a renamed column of a table %s keeps its values, without a copy',
  { timeout: 60_000 },
  async (_, create) => {
    await using world = await evolving({ ddl: 'event-trigger', schema: `${create}; ${rows}` });
    const { source, stream, said } = world;
    await source.query('ALTER TABLE items RENAME label TO title');
    await source.query("UPDATE items SET n = -n WHERE id < 5; INSERT INTO items (id, title) VALUES (100, 'x')");
    expect(await world.settle()).toEqual([]);
    expect(said).toEqual(['public.items: column "label" renamed to "title"']);
    // While nobody reads the log, too, and with the server told in between.
    await stream.pause();
    await source.query('ALTER TABLE items RENAME title TO name; DELETE FROM items WHERE id = 7');
    await source.query('ALTER TABLE items RENAME name TO label; ALTER TABLE items RENAME n TO name');
    await stream.resume();
    expect(await world.settle()).toEqual([]);
    expect(said.slice(1)).toEqual([
      'public.items: column "title" renamed to "name"',
      'public.items: column "name" renamed to "label"',
      'public.items: column "n" renamed to "name"',
    ]);
    expect(stream.backfills.filter(({ startedAt }) => startedAt !== null)).toEqual([]);
  },
);

test('values that may be missing, and defaults where the target has them, follow', { timeout: 60_000 }, async () => {
  await using world = await evolving({ ddl: 'event-trigger', structure: ['defaults'], schema: `${plain}; ${rows}` });
  const { source, target } = world;
  await source.query(
    "ALTER TABLE items ALTER label DROP NOT NULL, ALTER label SET DEFAULT 'nobody', ALTER n SET NOT NULL",
  );
  await source.query('INSERT INTO items VALUES (100, NULL, 1)');
  expect(await world.settle()).toEqual([]);
  // Unless told, the target may have rows without a value that the source does not have any more.
  await target.query('INSERT INTO items (id) VALUES (-1)');
  expect(await target.query('SELECT * FROM items WHERE id IN (-1, 100) ORDER BY id')).toEqual([
    { id: -1, label: 'nobody', n: null },
    { id: 100, label: null, n: 1 },
  ]);
});

test.each(['evolve', 'lenient'] as const)(
  'values that are not in the log may be required before they are copied (%s)',
  { timeout: 60_000 },
  async (schemaChanges) => {
    await using world = await evolving({ ddl: 'event-trigger', schemaChanges, schema: `${plain}; ${rows}` });
    const { source, target, stream, warnings } = world;
    await stream.pause();
    await source.query('ALTER TABLE items ADD given float8 DEFAULT random()');
    await source.query('ALTER TABLE items ALTER given SET NOT NULL');
    await source.query('ALTER TABLE items ADD made float8 NOT NULL DEFAULT random(), ALTER n SET NOT NULL');
    await source.query("INSERT INTO items VALUES (100, 'x', 1)");
    await stream.resume();
    expect(await world.settle()).toEqual([]);
    const required = `SELECT attname::text AS name FROM pg_attribute
      WHERE attrelid = 'items'::regclass AND attnotnull AND attnum > 2 ORDER BY attnum`;
    const isEvolved = schemaChanges === 'evolve';
    // What the target's rows lacked stays optional there, which is told.
    expect(await target.query(required)).toEqual(isEvolved ? [{ name: 'n' }] : []);
    expect(warnings.filter((code) => code === 'SCHEMA_CHANGE_SKIPPED')).toHaveLength(isEvolved ? 2 : 0);
  },
);

test('a role that may not make the trigger is told the statements; deleting the stream removes what it made', async () => {
  await using source = await createDatabase(sharedPostgres());
  const role = uniqueName('role');
  const publication = `It's "odd"`;
  await source.query(`${plain}; CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'x'; ALTER TABLE items OWNER TO ${role};
    GRANT CREATE ON DATABASE ${source.name} TO ${role}`);
  const connect = (url: string) =>
    createStream({
      id: 'described',
      source: postgresSource({
        connection: url,
        slot: uniqueName('slot'),
        publication,
        ddl: 'event-trigger',
      }),
      sink: nullSink(),
      checkpoints: memoryCheckpointStore(),
      tables: ['items'],
      snapshot: 'never',
    });
  const url = new URL(source.url);
  url.username = role;
  url.password = 'x';
  const refused = connect(url.href);
  const { items } = await refused.validate();
  const fix = items.find(({ code, state }) => code === 'EVENT_TRIGGER_MISSING' && state === 'failed')?.fix ?? '';
  await expect(refused.start()).rejects.toThrow();
  await source.query(fix.slice(fix.indexOf('\n')));
  await refused.start();
  await refused.stop();
  const triggers = () => source.query('SELECT evtname FROM pg_event_trigger ORDER BY evtname');
  const both = [{ evtname: publication }, { evtname: `${publication} (drop)` }];
  expect(await triggers()).toEqual(both);
  await refused.delete();
  // They are the operator's.
  expect(await triggers()).toEqual(both);
  await source.query(`DROP EVENT TRIGGER "It's ""odd"""; DROP EVENT TRIGGER "It's ""odd"" (drop)"`);
  const own = connect(source.url);
  await own.start();
  await own.delete();
  expect(await triggers()).toEqual([]);
  expect(await source.query("SELECT FROM pg_namespace WHERE nspname = 'millrace'")).toEqual([]);
  await source.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

test('what anybody writes under the name of the trigger is not taken for a statement', async () => {
  await using world = await evolving({ ddl: 'event-trigger', schema: `${plain}; ${rows}` });
  const { source, said } = world;
  for (const content of ['', 'x', '[', '{}', '[1]', '[{"oid": 1}]', '[{"oid": "1", "columns": null}]'])
    await source.query("SELECT pg_logical_emit_message(true, 'millrace.evolving', $1)", [content]);
  await source.query('UPDATE items SET n = 0');
  expect(await world.settle()).toEqual([]);
  expect(said).toEqual([]);
});

test('of a table of which only some columns are published, changes are inferred', { timeout: 60_000 }, async () => {
  await using world = await evolving({
    ddl: 'event-trigger',
    schema: `${plain}; ${rows};
    CREATE PUBLICATION evolving FOR TABLE items (id, label), marker`,
  });
  const { source, target, said } = world;
  await source.query(
    "ALTER TABLE items ADD extra int DEFAULT 5; ALTER TABLE items RENAME label TO title; UPDATE items SET title = 'x' WHERE id = 1",
  );
  const isThere = async () => (await target.query("SELECT FROM items WHERE title = 'x'").catch(() => [])).length === 1;
  // What has changed is said when it is durable.
  await until(async () => said.length > 0 && (await isThere()), { describe: 'the row' });
  expect(said).toEqual(['public.items: column "label" dropped, column "title" text added']);
});
