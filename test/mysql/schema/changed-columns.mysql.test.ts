import { expect, test } from 'vitest';
import { mysqlNames, sharedMysql, type TestDatabase } from '../../harness/index.ts';
import { following } from './following.ts';

const timeout = { timeout: 60_000 };
const names = mysqlNames();
const schema = 'CREATE TABLE items (id int PRIMARY KEY, label varchar(10) NOT NULL, n smallint, price decimal(6,2))';
const rows = "INSERT INTO items VALUES (1, 'one', 1, '1.50'), (2, 'two', NULL, NULL), (3, 'three', -3, '-3.00')";

/** The columns of the target's `items`, and which of them may not be NULL. */
const shapeOf = async (target: TestDatabase) =>
  (
    await target.query<{ shape: string }>(
      `SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END AS shape
       FROM pg_attribute WHERE attrelid = 'items'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname`,
    )
  ).map(({ shape }) => shape);

test.each(names)(
  'columns of %s come, go, and get other names, types and rules, in order with rows',
  timeout,
  async (name) => {
    await using world = await following({ server: sharedMysql(name), schema, schemaChanges: 'evolve' });
    const { source, target, said, warnings, stream } = world;
    await source.query(rows);
    const step = async (sql: string, expected: string) => {
      said.splice(0);
      await source.query(sql);
      expect(await world.settle(), sql).toEqual([]);
      expect(warnings, sql).toEqual([]);
      expect(said, sql).toEqual(expected.split('; ').map((each) => `items: ${each}`));
    };
    await step(
      "ALTER TABLE items ADD note varchar(20) NOT NULL DEFAULT 'it''s \\\\ new', ADD at datetime(3) DEFAULT '2026-01-02 03:04:05.125' FIRST",
      'column "at" datetime(3) added, column "note" varchar(20) added, column "note" may not be NULL',
    );
    await step(
      'ALTER TABLE items ADD k int unsigned NOT NULL, ADD rate double DEFAULT 1.5',
      'column "k" int unsigned added, column "k" may not be NULL, column "rate" double added',
    );
    await step(
      "UPDATE items SET note = 'set' WHERE id = 1; ALTER TABLE items CHANGE note remark varchar(30) NOT NULL; INSERT INTO items (id, label, remark, k) VALUES (4, 'four', 'r', 4)",
      'column "note" renamed to "remark", column "remark" varchar(30), was varchar(20)',
    );
    await step(
      'ALTER TABLE items MODIFY n int, MODIFY label varchar(100) NOT NULL, MODIFY price decimal(10,3) AFTER id',
      'column "label" varchar(100), was varchar(10), column "n" int, was smallint, column "price" decimal(10,3), was decimal(6,2)',
    );
    await step(
      'ALTER TABLE items MODIFY label varchar(100), MODIFY k int unsigned',
      'column "label" may be NULL, column "k" may be NULL',
    );
    await step(
      'INSERT INTO items (id, remark) VALUES (5, 5); UPDATE items SET label = id, n = 0; ALTER TABLE items MODIFY n int NOT NULL',
      'column "n" may not be NULL',
    );
    await step('ALTER TABLE items DROP rate, DROP COLUMN at', 'column "at" dropped, column "rate" dropped');
    await step(
      'ALTER TABLE items RENAME COLUMN remark TO a, RENAME COLUMN label TO remark',
      'column "remark" renamed to "a", column "label" renamed to "remark"',
    );
    await step(
      "ALTER TABLE items ADD kind enum('a','b') NOT NULL; UPDATE items SET kind = 'b' WHERE id = 2; ALTER TABLE items MODIFY kind enum('c','a','b') NOT NULL; UPDATE items SET kind = 'c' WHERE id = 3",
      `column "kind" enum('a','b') added, column "kind" may not be NULL; column "kind" enum('c','a','b'), was enum('a','b')`,
    );
    expect(stream.errors).toEqual([]);
    expect(await shapeOf(target)).toEqual([
      'a character varying(30) not null',
      'id integer not null',
      'k bigint',
      'kind text not null',
      'n integer not null',
      'price numeric(10,3)',
      'remark character varying(100)',
    ]);
  },
);

/** Types with a default, and the first of an ENUM: what rows get that are there. */
const filled = [
  'tinyint(1) NOT NULL DEFAULT TRUE',
  "int DEFAULT '-007'",
  'bigint unsigned DEFAULT 18446744073709551615',
  'year DEFAULT 2026',
  'year NOT NULL',
  'decimal(6,2) DEFAULT -1.5',
  'decimal(8,3) NOT NULL',
  'float DEFAULT 1.5',
  'double DEFAULT -0.1',
  'varchar(20) DEFAULT 7',
  "varchar(20) DEFAULT 'it''s \\\\ \"ü\" 🎈'",
  "char(5) NOT NULL DEFAULT 'a  '",
  "enum('b','a') NOT NULL",
  "set('a','b','c') DEFAULT 'a,c'",
  "set('a','b') NOT NULL",
  "date DEFAULT '2026-01-02'",
  "datetime DEFAULT '2026-01-02'",
  "datetime(6) DEFAULT '2026-01-02 03:04:05.123456'",
  "time DEFAULT '-101:02:03'",
  'text NOT NULL',
];

test.each(names)('rows of %s get the values of a new column at the target, too', timeout, async (name) => {
  await using world = await following({ server: sharedMysql(name), schema, schemaChanges: 'evolve' });
  const { source, warnings } = world;
  await source.query(rows);
  await source.query(`ALTER TABLE items ${filled.map((type, at) => `ADD c${at} ${type}`).join(', ')}`);
  expect(await world.settle()).toEqual([]);
  expect(warnings).toEqual([]);
});

test.each(names)('unless told, the target of %s loses nothing', timeout, async (name) => {
  await using world = await following({ server: sharedMysql(name), schema });
  const { source, target, warnings, stream } = world;
  await source.query(rows);
  await source.query(`ALTER TABLE items DROP n, CHANGE label title varchar(20) NOT NULL; ALTER TABLE items ADD n int NOT NULL DEFAULT 7;
    INSERT INTO items VALUES (4, 'four', 4, 4)`);
  expect(await world.settle()).toEqual([]);
  await source.query('ALTER TABLE items DROP price');
  expect(await world.settle()).toEqual([]);
  expect(await target.query('SELECT id, title, n, price, "n (dropped)" AS former FROM items ORDER BY id')).toEqual([
    { id: 1, title: 'one', n: 7, price: '1.50', former: 1 },
    { id: 2, title: 'two', n: 7, price: null, former: null },
    { id: 3, title: 'three', n: 7, price: '-3.00', former: -3 },
    { id: 4, title: 'four', n: 4, price: '4.00', former: null },
  ]);
  expect(warnings).toEqual([]);
  expect(stream.errors).toEqual([]);
});

test.each(names)('what %s did to rows that are there is copied', timeout, async (name) => {
  await using world = await following({ server: sharedMysql(name), schema, schemaChanges: 'evolve' });
  const { source, warnings, stream } = world;
  await source.query(rows);
  const statements = [
    'ADD c1 datetime NOT NULL DEFAULT CURRENT_TIMESTAMP',
    'MODIFY price decimal(6,1)',
    'RENAME COLUMN n TO price, RENAME COLUMN price TO n',
    'DROP c1, ADD c1 int',
    'CONVERT TO CHARACTER SET latin1',
  ];
  for (const [at, statement] of statements.entries()) {
    await source.query(`ALTER TABLE items ${statement}; INSERT INTO items (id, label) VALUES (${at + 10}, 'behind')`);
    expect(await world.settle(), statement).toEqual([]);
    expect(world.copies, statement).toBe(at + 1);
  }
  expect(warnings).toEqual([]);
  expect(stream.errors).toEqual([]);
});

test.each(names)('defaults of %s that are literals follow, and others leave none', timeout, async (name) => {
  await using world = await following({ server: sharedMysql(name), schema, schemaChanges: 'evolve', defaults: true });
  const { source, target, said, stream } = world;
  await source.query(rows);
  const defaults = async () => {
    await world.settle();
    const [row] = await target.query(`INSERT INTO items (id) VALUES (-1) RETURNING label, n, price`);
    await target.query('DELETE FROM items WHERE id = -1');
    return row;
  };
  await source.query(`ALTER TABLE items ALTER label SET DEFAULT 'it''s', CHANGE n m int DEFAULT 5, MODIFY price decimal(6,2) DEFAULT 1.5;
    ALTER TABLE items RENAME COLUMN m TO n`);
  expect(await defaults()).toEqual({ label: "it's", n: 5, price: '1.50' });
  expect(said[0]).toContain('column "label" with another default');
  await source.query('ALTER TABLE items ALTER n DROP DEFAULT, ALTER price SET DEFAULT NULL');
  expect(await defaults()).toEqual({ label: "it's", n: null, price: null });
  await source.query("ALTER TABLE items MODIFY label varchar(20) DEFAULT (concat('a', 'b'))");
  expect(await defaults()).toEqual({ label: null, n: null, price: null });
  expect(stream.errors).toEqual([]);
});
