import { expect, test } from 'vitest';
import { postgresVersions, sharedPostgres } from '../harness/index.ts';
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
  { sql: 'ALTER TABLE items ADD brief short', said: ['column "brief" character varying added'] },
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
    let copies = 0;
    stream.on('backfill', ({ state }) => {
      if (state === 'active') copies++;
    });
    await target.query("CREATE TYPE mood AS ENUM ('sad', 'happy')").catch(() => {});
    for (const { sql, said: expected, copies: isCopied } of statements) {
      copies = 0;
      const before = said.length;
      await source.query(sql);
      expect({ sql, differences: await world.settle(), copies, said: said.slice(before) }).toEqual({
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
