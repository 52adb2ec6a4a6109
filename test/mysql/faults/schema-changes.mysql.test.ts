import { describe, expect, test } from 'vitest';
import { startLoad } from '../../bank/bank.ts';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { besideLoad } from '../../bank/beside-load.ts';
import { startBankStream } from '../../faults/killed-process.ts';
import { differences, type MysqlName, mysqlNames, startMysql } from '../../harness/index.ts';

/** How much the log says about tables; NO_LOG is MariaDB's default, MINIMAL MySQL's. */
const metadata = (name: MysqlName) => (name === 'mysql' ? ['FULL', 'MINIMAL'] : ['FULL', 'MINIMAL', 'NO_LOG']);

describe.each(mysqlNames())('%s', (name) => {
  test(`columns are added and tables emptied under load, between kills, with ${metadata(name).join(', ')}`, {
    timeout: 240_000,
  }, async () => {
    await using server = await startMysql({ name });
    for (const value of metadata(name)) {
      await using world = await mysqlBankWorld(server);
      const { source, target } = world;
      await source.query(`SET GLOBAL binlog_row_metadata = '${value}'`);
      await source.query('CREATE TABLE notes (id int PRIMARY KEY, text varchar(20))');
      const options = { ...world.stream, tables: ['notes'] };
      let streaming = await startBankStream(options);
      await streaming.message('running');
      await world.fill();
      await using load = startLoad(source.url);
      await source.query("INSERT INTO notes VALUES (1, 'first'), (2, 'first')");
      await source.query('ALTER TABLE accounts ADD COLUMN extra int');
      await besideLoad(source, 'UPDATE accounts SET extra = id WHERE id % 2 = 0');
      streaming.kill('SIGKILL');
      await streaming.exited;
      // What the log holds of this has three shapes, of which the last is the table's.
      await besideLoad(source, 'UPDATE accounts SET extra = -id WHERE id % 3 = 0', 'TRUNCATE notes');
      await source.query("INSERT INTO notes VALUES (2, 'second'); ALTER TABLE notes ADD COLUMN at datetime");
      await source.query("INSERT INTO notes VALUES (3, 'third', '2026-01-02 03:04:05')");
      await source.query('ALTER TABLE accounts ADD COLUMN other varchar(10)');
      await besideLoad(source, "UPDATE accounts SET other = 'other' WHERE id % 5 = 0");
      streaming = await startBankStream(options);
      await streaming.message('running');
      streaming.kill('SIGKILL');
      await streaming.exited;
      await source.query('TRUNCATE TABLE notes; ALTER TABLE branches ADD COLUMN name varchar(10)');
      await besideLoad(
        source,
        "INSERT INTO notes VALUES (4, 'fourth', NULL)",
        "UPDATE branches SET name = 'one' WHERE id = 1",
      );
      streaming = await startBankStream(options);
      await load.stop();
      expect(await world.settle()).toEqual([]);
      expect(await differences(source, target, ['notes'])).toEqual([]);
      expect(world.poller.torn).toEqual([]);
      await streaming[Symbol.asyncDispose]();
    }
  });
});
