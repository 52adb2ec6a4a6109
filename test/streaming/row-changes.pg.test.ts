import { expect, test } from 'vitest';
import { postgresVersions, sharedPostgres } from '../harness/index.ts';
import { follow } from './follow.ts';

/** Longer than what stays in the row: an update of another column does not send it. */
const outOfLine = "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 300) n)";

const cases: readonly {
  readonly name: string;
  readonly tables: readonly string[];
  readonly schema: string;
  readonly target?: string;
  readonly changes: readonly string[];
}[] = [
  {
    name: 'unchanged out-of-line values stay, with and without a key change',
    tables: ['docs'],
    schema:
      'CREATE TABLE docs (id int PRIMARY KEY, n int, body text); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL',
    changes: [
      `INSERT INTO docs SELECT n, 0, ${outOfLine} FROM generate_series(1, 5) n`,
      'UPDATE docs SET n = n + 1',
      'UPDATE docs SET id = id + 100, n = 7 WHERE id <= 2',
      `BEGIN; INSERT INTO docs VALUES (50, 0, ${outOfLine}); UPDATE docs SET n = 1 WHERE id = 50; UPDATE docs SET id = 51 WHERE id = 50; COMMIT`,
    ],
  },
  {
    name: 'keys that move through each other, in one statement and in one transaction',
    tables: ['numbers'],
    schema:
      'CREATE TABLE numbers (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text); ALTER TABLE numbers REPLICA IDENTITY FULL',
    target: 'CREATE TABLE numbers (id int PRIMARY KEY, v text)',
    changes: [
      "INSERT INTO numbers SELECT n, 'v' || n FROM generate_series(1, 5) n",
      'UPDATE numbers SET id = id + 10 WHERE id > 3',
      'DELETE FROM numbers WHERE id = 1',
    ],
  },
  {
    name: 'the replica identity is an index that is not the primary key, and the primary key changes',
    tables: ['people'],
    schema: `CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL, name text);
      CREATE UNIQUE INDEX people_email ON people (email);
      ALTER TABLE people REPLICA IDENTITY USING INDEX people_email`,
    target: 'CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL UNIQUE, name text)',
    changes: [
      "INSERT INTO people VALUES (1, 'a', 'A'), (2, 'b', 'B')",
      'UPDATE people SET id = 5 WHERE id = 1',
      "UPDATE people SET email = 'c' WHERE id = 2",
      "DELETE FROM people WHERE email = 'c'",
    ],
  },
  {
    name: 'identity FULL without a key: exactly one of several equal rows, types without equality included',
    tables: ['bag'],
    schema: 'CREATE TABLE bag (a int, b json, c point, d xml, e text); ALTER TABLE bag REPLICA IDENTITY FULL',
    changes: [
      `INSERT INTO bag SELECT 1, '{"x": 1}', '(1,2)', '<a/>', NULL FROM generate_series(1, 3)`,
      'DELETE FROM bag WHERE ctid = (SELECT min(ctid) FROM bag)',
      "UPDATE bag SET e = 'x' WHERE ctid = (SELECT min(ctid) FROM bag)",
      'UPDATE bag SET a = NULL, b = NULL WHERE e IS NULL',
    ],
  },
  {
    name: 'secondary unique keys that pass from row to row',
    tables: ['seats'],
    schema: 'CREATE TABLE seats (id int PRIMARY KEY, place text UNIQUE)',
    target: 'CREATE TABLE seats (id int PRIMARY KEY, place text UNIQUE)',
    changes: [
      "INSERT INTO seats VALUES (1, 'x'), (2, 'y')",
      "BEGIN; UPDATE seats SET place = 'tmp' WHERE id = 1; UPDATE seats SET place = 'x' WHERE id = 2; UPDATE seats SET place = 'y' WHERE id = 1; COMMIT",
      "BEGIN; DELETE FROM seats WHERE id = 1; INSERT INTO seats VALUES (3, 'y'); COMMIT",
    ],
  },
  {
    name: 'identity columns that are generated always, and stored generated columns',
    tables: ['items'],
    schema:
      'CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, double int GENERATED ALWAYS AS (n * 2) STORED)',
    target:
      'CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, double int GENERATED ALWAYS AS (n * 2) STORED)',
    changes: [
      'INSERT INTO items (n) SELECT n FROM generate_series(1, 3) n',
      'UPDATE items SET n = 10 WHERE id = 1',
      'UPDATE items SET id = DEFAULT WHERE id = 2',
      'DELETE FROM items WHERE id = 3',
    ],
  },
  {
    name: 'foreign keys in both directions and triggers at the target do not disturb',
    tables: ['parent', 'child'],
    schema: `CREATE TABLE parent (id int PRIMARY KEY, favourite int);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE);
      ALTER TABLE parent ADD FOREIGN KEY (favourite) REFERENCES child DEFERRABLE INITIALLY DEFERRED`,
    target: `CREATE TABLE parent (id int PRIMARY KEY, favourite int);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE);
      ALTER TABLE parent ADD FOREIGN KEY (favourite) REFERENCES child;
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fired'; END $$;
      CREATE TRIGGER fail BEFORE INSERT OR UPDATE OR DELETE ON child FOR EACH ROW EXECUTE FUNCTION fail()`,
    changes: [
      'BEGIN; INSERT INTO parent VALUES (1, 10); INSERT INTO child VALUES (10, 1), (11, 1); COMMIT',
      'UPDATE parent SET favourite = NULL',
      'DELETE FROM parent',
    ],
  },
  {
    name: 'truncates, of several tables and between other changes of one transaction',
    tables: ['t1', 't2'],
    schema: 'CREATE TABLE t1 (id int PRIMARY KEY); CREATE TABLE t2 (id int PRIMARY KEY REFERENCES t1)',
    changes: [
      'INSERT INTO t1 SELECT generate_series(1, 10); INSERT INTO t2 SELECT generate_series(1, 5)',
      'BEGIN; INSERT INTO t1 VALUES (11); TRUNCATE t1, t2; INSERT INTO t1 VALUES (12); COMMIT',
      'TRUNCATE t1 CASCADE',
      'INSERT INTO t1 VALUES (1)',
    ],
  },
  {
    name: 'partitioned tables through their root, rows that change the partition',
    tables: ['measures'],
    schema: `CREATE TABLE measures (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE measures_1 PARTITION OF measures FOR VALUES FROM (0) TO (10);
      CREATE TABLE measures_2 PARTITION OF measures FOR VALUES FROM (10) TO (20)`,
    target: 'CREATE TABLE measures (id int, at int, v text, PRIMARY KEY (id, at))',
    changes: [
      "INSERT INTO measures SELECT n, n, 'v' FROM generate_series(1, 19) n",
      'UPDATE measures SET at = at + 5 WHERE at BETWEEN 5 AND 10',
      'DELETE FROM measures WHERE id = 1',
    ],
  },
  {
    name: 'names with quotes, spaces, upper case and unicode',
    tables: ['"Größe ""x"" y"'],
    schema: 'CREATE TABLE "Größe ""x"" y" ("select" int PRIMARY KEY, "Ä b" text, "$1" text)',
    changes: [
      `INSERT INTO "Größe ""x"" y" VALUES (1, 'it''s', '\\n\\')`,
      `UPDATE "Größe ""x"" y" SET "Ä b" = E'\\n\\t\\\\' WHERE "select" = 1`,
    ],
  },
];

test.each(cases)('$name', { timeout: 60_000 }, async ({ tables, schema, target, changes }) => {
  for (const version of postgresVersions()) {
    const server = sharedPostgres(version);
    await using following = await follow({
      schema,
      servers: { source: server, target: server },
      ...(target === undefined ? {} : { targetSchema: target }),
    });
    for (const [index, change] of changes.entries()) {
      await following.source.query(change);
      // Some meet in one group, some do not.
      if (index % 2 === 1) expect(await following.settle(tables)).toEqual([]);
    }
    expect(await following.settle(tables)).toEqual([]);
    expect(following.stream.errors).toEqual([]);
    expect(following.stream.stats().counters).not.toHaveProperty('INSERT_CONFLICT');
  }
});
