import { expect, test } from 'vitest';
import { startLoad } from '../../bank/bank.ts';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { besideLoad } from '../../bank/beside-load.ts';
import { startBankStream } from '../../faults/killed-process.ts';
import { differences, mysqlNames, sharedMysql } from '../../harness/index.ts';

const notes = 'CREATE TABLE notes (id int PRIMARY KEY, text varchar(20))';

test.each(mysqlNames())(
  'columns and tables of %s get other names under load, between kills',
  {
    timeout: 120_000,
  },
  async (name) => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    const { source, target } = world;
    await source.query(notes);
    const options = { ...world.stream, tables: ['*notes'], schemaChanges: 'evolve' } as const;
    let streaming = await startBankStream(options);
    const restart = async () => {
      streaming.kill('SIGKILL');
      await streaming.exited;
      streaming = await startBankStream(options);
    };
    await streaming.message('running');
    await world.fill();
    await using load = startLoad(source.url);
    await source.query("INSERT INTO notes VALUES (1, 'first'), (2, 'first')");
    await source.query('ALTER TABLE accounts ADD COLUMN extra int NOT NULL DEFAULT 7');
    await restart();
    // What the log holds of this is behind what the server has when the stream starts.
    await besideLoad(source, 'UPDATE accounts SET extra = -id WHERE id % 3 = 0');
    await source.query(`ALTER TABLE accounts RENAME COLUMN extra TO bonus;
    RENAME TABLE notes TO old_notes; INSERT INTO old_notes VALUES (3, 'renamed'); ALTER TABLE old_notes ADD at datetime(3)`);
    await streaming.message('running');
    await source.query('RENAME TABLE old_notes TO last_notes');
    await restart();
    await source.query(
      `${notes}; INSERT INTO notes VALUES (2, 'another'); ALTER TABLE accounts RENAME COLUMN bonus TO extra`,
    );
    await besideLoad(source, 'UPDATE accounts SET extra = 5 WHERE id % 5 = 0');
    await source.query("UPDATE last_notes SET at = '2026-01-02 03:04:05.678' WHERE id = 1");
    await restart();
    await source.query(
      'ALTER TABLE accounts MODIFY extra bigint; DROP TABLE notes; INSERT INTO last_notes (id) VALUES (4)',
    );
    await streaming.message('running');
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(await differences(source, target, ['last_notes'])).toEqual([]);
    const tables = "SELECT relname AS name FROM pg_class WHERE relname LIKE '%notes' ORDER BY 1";
    expect(await target.query(tables)).toEqual([{ name: 'last_notes' }]);
    expect(world.poller.torn).toEqual([]);
    await streaming[Symbol.asyncDispose]();
  },
);
