import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { mysqlBankWorld } from '../bank/bank-world.ts';
import { besideLoad } from '../bank/beside-load.ts';
import { mysqlNames, startMysql, until } from '../harness/index.ts';

/** What pt-online-schema-change does to `accounts`, statement by statement. */
const copied = 'id, balance, note';
const values = (row: string) => copied.replace(/\w+/g, (column) => `${row}.${column}`);
const replace = `REPLACE INTO _accounts_new (${copied}) VALUES (${values('NEW')})`;
const begin = [
  'CREATE TABLE _accounts_new LIKE accounts',
  'ALTER TABLE _accounts_new MODIFY note varchar(200), ADD COLUMN extra int NULL',
  `CREATE TRIGGER pt_del AFTER DELETE ON accounts FOR EACH ROW
     DELETE IGNORE FROM _accounts_new WHERE _accounts_new.id <=> OLD.id`,
  `CREATE TRIGGER pt_upd AFTER UPDATE ON accounts FOR EACH ROW BEGIN
     DELETE IGNORE FROM _accounts_new WHERE !(OLD.id <=> NEW.id) AND _accounts_new.id <=> OLD.id;
     ${replace}; END`,
  `CREATE TRIGGER pt_ins AFTER INSERT ON accounts FOR EACH ROW ${replace}`,
];
const chunk = (from: number, to: number) =>
  `INSERT LOW_PRIORITY IGNORE INTO _accounts_new (${copied}) SELECT ${copied} FROM accounts FORCE INDEX (PRIMARY)
    WHERE id >= ${from} AND id <= ${to} LOCK IN SHARE MODE`;
const end = [
  'ANALYZE TABLE _accounts_new',
  'RENAME TABLE accounts TO _accounts_old, _accounts_new TO accounts',
  'DROP TABLE IF EXISTS _accounts_old',
  ...['del', 'upd', 'ins'].map((name) => `DROP TRIGGER IF EXISTS pt_${name}`),
];

test.each(mysqlNames())(
  'pt-online-schema-change under load is followed from %s, whose log names no columns',
  { timeout: 90_000 },
  async (name) => {
    const metadata = name === 'mysql' ? 'MINIMAL' : 'NO_LOG';
    await using server = await startMysql({ name, settings: { binlog_row_metadata: metadata } });
    await using world = await mysqlBankWorld(server);
    const { source } = world;
    await using stream = bankStream(world.stream);
    await stream.start();
    await world.fill();
    await using load = startLoad(source.url);
    const changes = async () => {
      const before = stream.stats().sink.changes;
      await until(() => stream.stats().sink.changes > before + 50, { describe: 'the load to go on', timeout: 30_000 });
    };
    await changes();
    for (const statement of begin) await source.query(statement);
    // As the tool does, a chunk that meets a deadlock or waits for too long is tried again.
    for (let from = -60; from <= 60; from += 10)
      await until(
        () =>
          source.query(chunk(from, from + 9)).then(
            () => true,
            () => false,
          ),
        { describe: 'a chunk' },
      );
    await changes();
    for (const statement of end) await source.query(statement);
    await besideLoad(source, 'UPDATE accounts SET extra = id WHERE id % 7 = 0');
    await changes();
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);
