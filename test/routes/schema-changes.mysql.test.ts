import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankBetween } from '../bank/bank-world.ts';
import { besideLoad } from '../bank/beside-load.ts';
import { startBankStream } from '../faults/killed-process.ts';
import { differences, type MysqlProcess, type MysqlTestDatabase, type TestDatabase, until } from '../harness/index.ts';
import { columnsOf } from './printed-columns.ts';
import { run } from './route-world.ts';
import { databaseOn, fewRoutes, type Route, routes, sharedServer } from './routes.ts';

const notes = 'CREATE TABLE notes (id int PRIMARY KEY, text varchar(20))';

const worldOf = async ({ source, target }: Route) =>
  bankBetween(await databaseOn(sharedServer(source)), (await databaseOn(sharedServer(target))) as MysqlTestDatabase);

/** What runs at the source between two kills, while the stream runs, starts, or is not there. */
const fromMysql: readonly string[] = [
  `INSERT INTO notes VALUES (1, 'first'), (2, 'first'); ALTER TABLE accounts ADD COLUMN extra int NOT NULL DEFAULT 7`,
  // What the log holds of this is behind what the server has when the stream starts.
  `UPDATE accounts SET extra = -id WHERE id % 3 = 0; ALTER TABLE accounts RENAME COLUMN extra TO bonus;
   RENAME TABLE notes TO old_notes; INSERT INTO old_notes VALUES (3, 'renamed'); ALTER TABLE old_notes ADD at datetime(3)`,
  'RENAME TABLE old_notes TO last_notes; TRUNCATE last_notes; INSERT INTO last_notes VALUES (1, NULL, NULL)',
  `${notes}; INSERT INTO notes VALUES (2, 'another'); ALTER TABLE accounts RENAME COLUMN bonus TO extra, ADD b bit(3) DEFAULT b'101';
   UPDATE accounts SET extra = 5 WHERE id % 5 = 0; UPDATE last_notes SET at = '2026-01-02 03:04:05.678' WHERE id = 1`,
  `ALTER TABLE accounts MODIFY extra bigint, DROP b; DROP TABLE notes; INSERT INTO last_notes (id) VALUES (4);
   ALTER TABLE last_notes CHANGE text words varchar(40) DEFAULT 'none'; INSERT INTO last_notes (id) VALUES (5)`,
];

const fromPostgres: readonly string[] = [
  `INSERT INTO notes VALUES (1, 'first'), (2, 'first'); ALTER TABLE accounts ADD extra int NOT NULL DEFAULT 7`,
  `UPDATE accounts SET extra = -id WHERE id % 3 = 0; ALTER TABLE accounts RENAME extra TO bonus;
   ALTER TABLE notes RENAME TO old_notes; INSERT INTO old_notes VALUES (3, 'renamed'); ALTER TABLE old_notes ADD at timestamp(3)`,
  'ALTER TABLE old_notes RENAME TO last_notes; TRUNCATE last_notes; INSERT INTO last_notes VALUES (1, NULL, NULL)',
  `${notes}; INSERT INTO notes VALUES (2, 'another'); ALTER TABLE accounts RENAME bonus TO extra; ALTER TABLE accounts ADD b bit(3);
   UPDATE accounts SET extra = 5 WHERE id % 5 = 0; UPDATE last_notes SET at = '2026-01-02 03:04:05.678' WHERE id = 1`,
  `ALTER TABLE accounts DROP b; DROP TABLE notes; INSERT INTO last_notes (id) VALUES (4);
   ALTER TABLE last_notes RENAME text TO words; ALTER TABLE last_notes ALTER words TYPE varchar(40); INSERT INTO last_notes (id) VALUES (5)`,
];

test.each(fewRoutes())(
  'columns and tables change under load on the way from $source to $target, between kills',
  { timeout: 120_000 },
  async (route) => {
    await using world = await worldOf(route);
    const { source, target } = world;
    await run(source, notes);
    const options = { ...world.stream, tables: ['*notes'], schemaChanges: 'evolve', ddl: 'event-trigger' } as const;
    let streaming = await startBankStream(options);
    await streaming.message('running');
    await world.fill();
    for (const [round, statements] of (route.source === 'postgres' ? fromPostgres : fromMysql).entries()) {
      await using load = startLoad(source.url);
      await besideLoad(source, ...statements.split(';'));
      streaming.kill('SIGKILL');
      await streaming.exited;
      await load.stop();
      streaming = await startBankStream(options);
      if (round % 2 === 0) await streaming.message('running');
    }
    expect(await world.settle()).toEqual([]);
    expect(await differences(source, target, ['last_notes'])).toEqual([]);
    const names = ['accounts', 'last_notes'].map(async (table) =>
      (await columnsOf(target, table)).map(({ name }) => name),
    );
    expect(await Promise.all(names)).toEqual([
      expect.arrayContaining(['id', 'balance', 'extra']),
      ['id', 'words', 'at'],
    ]);
    expect(await target.query("SHOW TABLES LIKE '%notes'")).toHaveLength(1);
    expect(world.poller.torn).toEqual([]);
    await streaming[Symbol.asyncDispose]();
  },
);

/** Rows of a table whose rows would be there twice, and of one that changes twice meanwhile. */
const transaction = `BEGIN;
  INSERT INTO history (account, delta) SELECT -g, 0 FROM generate_series(1, 20) g; INSERT INTO notes SELECT g, 'before' FROM generate_series(1, 20) g;
  ALTER TABLE notes ADD n int DEFAULT 7;
  INSERT INTO history (account, delta) SELECT -g, 0 FROM generate_series(21, 40) g; UPDATE notes SET n = id WHERE id > 10;
  ALTER TABLE notes RENAME text TO words;
  INSERT INTO history (account, delta) SELECT -g, 0 FROM generate_series(41, 60) g; INSERT INTO notes SELECT g, 'after', g FROM generate_series(21, 40) g;
  COMMIT`;

const isLocked = ({ state, statement }: MysqlProcess) => state.includes('metadata lock') && statement.includes('notes');

test.each(routes().filter(({ source }) => source === 'postgres'))(
  'a transaction of PostgreSQL that changes a table is in $target in pieces, each exactly once, if the process is killed between them, too',
  { timeout: 60_000 },
  async (route) => {
    await using world = await worldOf(route);
    const { target } = world;
    const source = world.source as TestDatabase;
    await source.query(notes);
    const options = { ...world.stream, tables: ['notes'], schemaChanges: 'evolve', ddl: 'event-trigger' } as const;
    await using first = await startBankStream(options);
    await first.message('running');
    await source.query("INSERT INTO notes VALUES (100, 'there')");
    const there = async () => (await target.query('SELECT 1 FROM notes').catch(() => [])).length > 0;
    await until(there, { describe: 'the first row' });
    // Whoever reads a table keeps it from being changed.
    const reader = await target.connect();
    await reader.query('START TRANSACTION');
    await reader.query('SELECT * FROM notes');
    await source.query(transaction);
    const waits = async () => (await target.processes()).some(isLocked);
    await until(waits, { describe: 'the change of the table to wait' });
    expect(await target.query('SELECT count(*) AS count FROM history')).toEqual([{ count: 20 }]);
    first.kill('SIGKILL');
    await first.exited;
    await reader.query('COMMIT');
    await using second = bankStream(options);
    await second.start();
    expect(await world.settle()).toEqual([]);
    expect(await differences(source, target, ['notes', 'history'])).toEqual([]);
    expect(await columnsOf(target, 'notes')).toMatchObject([{ name: 'id' }, { name: 'words' }, { name: 'n' }]);
    expect(second.stats().counters).toMatchObject({ TRANSACTION_IN_PIECES: expect.any(Number) });
    expect(second.errors).toEqual([]);
  },
);
