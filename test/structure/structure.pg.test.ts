import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { type PostgresSinkOptions, postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  differences,
  postgresVersions,
  sharedPostgres,
  startProgram,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

const shop = `
  CREATE TABLE "Users" (id serial PRIMARY KEY, email text NOT NULL CONSTRAINT email_once UNIQUE DEFERRABLE, at timestamptz DEFAULT now(),
    manager int REFERENCES "Users", score numeric(5,2) DEFAULT 1.5 CHECK (score >= 0), during int4range, code int UNIQUE,
    EXCLUDE USING gist (during WITH &&));
  CREATE INDEX "by score" ON "Users" (score DESC NULLS LAST, lower(email)) WHERE score > 0;
  CREATE UNIQUE INDEX once_lower ON "Users" (lower(email));
  CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 10) PRIMARY KEY,
    owner int NOT NULL, CONSTRAINT owned FOREIGN KEY (owner) REFERENCES "Users" ON DELETE CASCADE,
    code int CONSTRAINT known REFERENCES "Users" (code) DEFERRABLE);
  ALTER TABLE orders ADD CONSTRAINT not_old CHECK (id > 0) NOT VALID;
  CREATE TABLE elsewhere (id int PRIMARY KEY); ALTER TABLE orders ADD COLUMN other int REFERENCES elsewhere;
  COMMENT ON TABLE "Users" IS 'people, it''s them'; COMMENT ON COLUMN "Users".score IS 'points';
  INSERT INTO "Users" (email, manager, during) SELECT 'u' || g, 1, int4range(g, g + 1) FROM generate_series(1, 500) g;
  INSERT INTO orders (owner) SELECT g FROM generate_series(1, 500) g`;

const tables = ['public.Users', 'public.orders'];

/** Everything that was made, as the server describes it. */
const structureOf = async (database: TestDatabase) => {
  const of = `('"Users"'::regclass, 'orders'::regclass)`;
  const rows = await database.query<{ one: string }>(`
    SELECT indexdef AS one FROM pg_indexes JOIN pg_class ON relname = indexname JOIN pg_index ON indexrelid = pg_class.oid
      WHERE tablename IN ('Users', 'orders') AND indisvalid
    UNION ALL SELECT conname || ' ' || convalidated || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
      WHERE conrelid IN ${of} AND contype <> 'n'
    UNION ALL SELECT attname || ' ' || atthasdef || ' ' || (attidentity <> '') || ' ' || COALESCE(pg_get_expr(adbin, adrelid), '')
      FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE attrelid IN ${of} AND attnum > 0 AND attname <> 'id'
    UNION ALL SELECT objoid::regclass || ' ' || objsubid || ' ' || description FROM pg_description
      WHERE objoid IN ${of} ORDER BY 1`);
  return rows.map(({ one }) => one);
};

/** Without what is about a table that the stream does not capture. */
const expected = async (source: TestDatabase) =>
  (await structureOf(source)).filter((one) => !one.includes('REFERENCES elsewhere'));

const world = async (setup = shop, version?: Parameters<typeof sharedPostgres>[0]) => {
  const source = await createDatabase(sharedPostgres(version));
  const target = await createDatabase(sharedPostgres(version));
  await source.query(setup);
  return {
    source,
    target,
    slot: uniqueName('slot'),
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

type World = Awaited<ReturnType<typeof world>>;

const streamOf = ({ source, target, slot }: World, sink: Partial<PostgresSinkOptions>, more: object = {}): Stream =>
  createStream({
    id: 'structure',
    source: postgresSource({ connection: source.url, slot, publication: 'structure' }),
    sink: postgresSink({ connection: target.url, ...sink }),
    tables,
    ...more,
  } as never);

const warningsOf = (stream: Stream) => {
  const warnings: { code: string; details: Readonly<Record<string, unknown>> }[] = [];
  stream.on('warning', (warning) => {
    if (warning.code === 'STRUCTURE_NOT_MADE') warnings.push(warning);
  });
  return warnings;
};

const planned = async (stream: Stream) => (await stream.planSchema()).statements;
const made = (stream: Stream) =>
  until(async () => (await planned(stream)).length === 0, { describe: 'the structure to be made', timeout: 30_000 });

test('tables and columns with other names get what can be said of them there', { timeout: 60_000 }, async () => {
  await using own = await world();
  const { source, target } = own;
  const names = { 'public.orders': { name: 'sales.bought', columns: { owner: 'buyer' } } };
  await using stream = streamOf(own, { structure: 'all', targetSchema: 'copy', tables: names });
  const warnings = warningsOf(stream);
  await stream.start();
  await live(stream);
  await made(stream);
  const told = async (database: TestDatabase) => {
    const rows = await database.query<{ one: string }>(`
      SELECT conname || ' ' || pg_get_constraintdef(oid) AS one FROM pg_constraint WHERE contype IN ('f', 'c') AND conparentid = 0
        AND conrelid::regclass::text ~ 'Users|orders|bought'
      UNION ALL SELECT indexname || ' ' || split_part(indexdef, ' USING ', 2) FROM pg_indexes WHERE tablename ~ 'Users|orders|bought'
      UNION ALL SELECT 'comment ' || description FROM pg_description WHERE objoid::regclass::text ~ 'Users' AND classoid = 'pg_class'::regclass
`);
    return rows
      .map(({ one }) => one.replace(/ REFERENCES [\w".]+\(/, ' REFERENCES …(').replace('bought', 'orders'))
      .sort();
  };
  const expected = (await told(source)).filter((one) => !one.startsWith('orders_other_fkey'));
  expect(await told(target)).toEqual(expected.map((one) => one.replace('FOREIGN KEY (owner)', 'FOREIGN KEY (buyer)')));
  expect(warnings).toEqual([]);
});

test.each(postgresVersions())(
  'live tables get what their sources have, while changes come (PostgreSQL %i)',
  { timeout: 60_000 },
  async (version) => {
    await using own = await world(shop, version);
    const { source, target } = own;
    await using stream = streamOf(own, { structure: 'all' });
    const warnings = warningsOf(stream);
    const plan = (await planned(stream)).map(({ kind, table }) => `${kind} ${table}`);
    expect(plan.slice(3, 5)).toEqual(['create-table public.Users', 'create-table public.orders']);
    expect(plan.slice(-6)).toEqual([
      'add-constraint public.Users',
      'validate-constraint public.Users',
      'add-constraint public.orders',
      'validate-constraint public.orders',
      'add-constraint public.orders',
      'validate-constraint public.orders',
    ]);
    await stream.start();
    await live(stream);
    for (let round = 0; round < 20; round++)
      await source.query(`UPDATE "Users" SET score = score + 1 WHERE id % 20 = ${round};
        INSERT INTO "Users" (email) VALUES ('new ${round}'); INSERT INTO orders (owner) VALUES (${round + 1});
        DELETE FROM orders WHERE owner = ${round + 100}`);
    await made(stream);
    expect(await structureOf(target)).toEqual(await expected(source));
    expect(warnings).toEqual([]);
    const differ = () => differences(source, target, ['"Users"', 'orders']);
    await until(async () => (await differ()).length === 0, { describe: 'the last change' });
    expect(stream.errors).toEqual([]);
    await stream.stop();
    // What is there is left as it is.
    await target.query(
      `COMMENT ON TABLE "Users" IS 'mine'; ALTER TABLE "Users" ALTER score SET DEFAULT 7; DROP INDEX "by score"`,
    );
    await stream.start();
    await made(stream);
    expect((await structureOf(target)).filter((one) => /mine|7|by score/.test(one))).toHaveLength(3);
  },
);

test.each([
  [undefined, ['index']],
  [['comments'] as const, ['index', 'comment']],
  [['indexes', 'defaults'] as const, ['index', 'default']],
])('only what the option names is made: %j', { timeout: 30_000 }, async (structure, kinds) => {
  await using own = await world();
  await using stream = streamOf(own, structure === undefined ? {} : { structure });
  await stream.start();
  await live(stream);
  await made(stream);
  const [count] = await own.target.query(`SELECT
    (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public')::int AS indexes,
    (SELECT count(*) FROM pg_constraint WHERE contype IN ('c', 'f', 'u', 'x') AND connamespace = 'public'::regnamespace)::int AS constraints,
    (SELECT count(*) FROM pg_attrdef JOIN pg_class c ON c.oid = adrelid WHERE relnamespace = 'public'::regnamespace)::int AS defaults,
    (SELECT count(*) FROM pg_description d JOIN pg_class c ON c.oid = objoid WHERE relnamespace = 'public'::regnamespace)::int AS comments`);
  expect(count).toEqual({
    indexes: structure?.includes('indexes' as never) ? 3 : 2,
    constraints: 0,
    defaults: kinds.includes('default') ? 2 : 0,
    comments: kinds.includes('comment') ? 2 : 0,
  });
});

test('what cannot be made is a warning with its statement, and tried again at the next start', {
  timeout: 60_000,
}, async () => {
  await using own = await world(`CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TABLE a (id int PRIMARY KEY, v int DEFAULT mine(), w int); CREATE INDEX late ON a (v);
    CREATE TABLE b (id int PRIMARY KEY, a int CONSTRAINT to_a REFERENCES a); CREATE UNIQUE INDEX once ON b (a);
    INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1, 1)`);
  const { target } = own;
  await using stream = streamOf(own, { structure: 'all' }, { tables: ['public.a', 'public.b'] });
  const warnings = warningsOf(stream);
  // Somebody else writes to the target.
  const held = await target.connect();
  await held.query('CREATE TABLE b (id int PRIMARY KEY, a int)');
  stream.on('handover', ({ table }) => {
    if (table === 'public.b') void held.query('BEGIN; INSERT INTO b VALUES (7, 9), (8, 9)');
  });
  await stream.start();
  await live(stream);
  await held.query('COMMIT');
  await until(() => warnings.length === 3, { describe: 'three warnings', timeout: 30_000 });
  expect(warnings.map(({ details }) => [details.table, details.part, details.statement])).toEqual([
    ['public.a', 'default', 'ALTER TABLE "public"."a" ALTER COLUMN "v" SET DEFAULT public.mine();'],
    ['public.b', 'unique', 'CREATE UNIQUE INDEX CONCURRENTLY "once" ON "public"."b" USING btree (a);'],
    [
      'public.b',
      'foreign-key',
      'ALTER TABLE "public"."b" ADD CONSTRAINT "to_a" FOREIGN KEY ("a") REFERENCES "public"."a" (id) NOT VALID; ALTER TABLE "public"."b" VALIDATE CONSTRAINT "to_a";',
    ],
  ]);
  expect(await target.query("SELECT FROM pg_class WHERE relname = 'once'")).toEqual([]);
  expect(await target.query("SELECT convalidated FROM pg_constraint WHERE conname = 'to_a'")).toEqual([
    { convalidated: false },
  ]);
  expect(await target.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'late'::regclass")).toEqual([
    { indisvalid: true },
  ]);
  expect(stream.status).toBe('running');
  await stream.stop();
  await target.query(`DELETE FROM b WHERE a = 9; CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
  await stream.start();
  await made(stream);
  expect(warnings).toHaveLength(3);
});

test('killed while an index is made: it is made anew', { timeout: 60_000 }, async () => {
  await using own = await world(
    'CREATE TABLE a (id int PRIMARY KEY, v int); CREATE INDEX slow ON a (v); INSERT INTO a VALUES (1, 1)',
  );
  const { source, target, slot } = own;
  const options = JSON.stringify({
    source: source.url,
    target: target.url,
    slot,
    sinkOptions: { structure: ['indexes'] },
  });
  const start = () => startProgram(new URL('../snapshot/copy.program.ts', import.meta.url), { args: [options] });
  await target.query('CREATE TABLE a (id int PRIMARY KEY, v int)');
  // An index that is made concurrently waits for older transactions.
  const older = await target.connect();
  await older.query('BEGIN; LOCK TABLE a IN ROW EXCLUSIVE MODE');
  const first = await start();
  const isMade = (valid: boolean) => async () =>
    (
      await target.query(
        `SELECT FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relname = 'slow' AND indisvalid = ${valid}`,
      )
    ).length === 1;
  await until(isMade(false), { describe: 'an index that waits', timeout: 30_000 });
  first.kill('SIGKILL');
  await first.exited;
  await using second = await start();
  await second.message('running');
  await older.query('COMMIT');
  await until(isMade(true), { describe: 'the index', timeout: 30_000 });
  second.send('stop');
  await second.message('stopped');
});

test('a stream that ends with its copy ends when the structure is made', { timeout: 60_000 }, async () => {
  await using own = await world();
  const { source, target } = own;
  await target.query('CREATE TABLE orders (id bigint PRIMARY KEY, owner int, code int, other int)');
  const older = await target.connect();
  await older.query('BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE');
  await using stream = streamOf(own, { structure: 'all' }, { snapshot: 'only' });
  await stream.start();
  await live(stream);
  const waits =
    "SELECT FROM pg_stat_activity WHERE query ~ '^(ALTER TABLE|CREATE INDEX)' AND datname = current_database()";
  await until(async () => (await target.query(waits)).length > 0, { describe: 'a statement that waits' });
  const begun = performance.now();
  await stream.stop();
  expect(performance.now() - begun).toBeLessThan(3_000);
  await older.query('COMMIT');
  await stream.start();
  await stream.done;
  expect(stream.state).toMatchObject({ status: 'finished', reason: 'snapshot-complete' });
  expect(await structureOf(target)).toEqual(await expected(source));
});

test('a table that is added beside the stream gets it, and foreign keys of those that wait for it', {
  timeout: 60_000,
}, async () => {
  await using own = await world();
  await using stream = streamOf(own, { structure: 'all' }, { tables: ['public.orders'] });
  await stream.start();
  await live(stream);
  await made(stream);
  const foreign = "SELECT FROM pg_constraint WHERE contype = 'f'";
  expect(await own.target.query(foreign)).toEqual([]);
  await stream.update({ tables });
  await until(async () => (await own.target.query(foreign)).length === 3, {
    describe: 'foreign keys',
    timeout: 30_000,
  });
  await made(stream);
  expect(await structureOf(own.target)).toEqual(await expected(own.source));
  expect(stream.errors).toEqual([]);
});
