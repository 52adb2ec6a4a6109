import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { bankTables, startLoad } from '../../bank/bank.ts';
import { bankStream } from '../../bank/bank-stream.ts';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import {
  createMysqlDatabase,
  type MysqlServer,
  mysqlNames,
  promote,
  startMysql,
  startReplica,
  tableRows,
  until,
} from '../../harness/index.ts';

/** Waits for a row without writing anything. */
const awaitRow = async (server: MysqlServer, where: string): Promise<void> => {
  const connection = await createConnection(server.url());
  const isThere = async () => {
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT 1 FROM ${where}`);
    return rows.length === 1;
  };
  try {
    await until(isThere, { describe: 'the replica', timeout: 30_000 });
  } finally {
    await connection.end();
  }
};

test.each(mysqlNames())(
  'a stream from %s goes on at the replica that was promoted under load, and no row is lost or twice',
  { timeout: 120_000 },
  async (name) => {
    await using primary = await startMysql({ name });
    await using replica = await startReplica(primary);
    await using world = await mysqlBankWorld(primary);
    const { source, target } = world;
    await using stream = bankStream(world.stream);
    await stream.start();
    await world.fill();
    await using load = startLoad(source.url);
    await until(() => stream.stats().sink.changes > 200, { describe: 'changes of the first server', timeout: 60_000 });
    // What comes from here on it is behind with when its server is gone.
    const blocker = await target.connect();
    await blocker.query('BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE');
    await until(() => stream.stats().queue.changes > 20, { describe: 'changes that are not written' });
    await load.stop();
    await source.query('INSERT INTO history (account, delta) VALUES (-1, 0)');
    await awaitRow(replica, `${source.name}.history WHERE account = -1`);
    await primary.kill();
    await promote(replica);
    // What a server logs itself while it is behind gets a number that the log it follows has, too.
    await using there = await createMysqlDatabase(replica);
    await blocker.query('ROLLBACK');
    await until(() => stream.status === 'failed', { describe: 'the stream to miss its server', timeout: 30_000 });
    await stream.stop();

    await using next = bankStream({ ...world.stream, source: replica.url(source.name) });
    await next.start();
    await using second = startLoad(replica.url(source.name));
    const many = until(() => next.stats().sink.changes > 200, {
      describe: 'changes of the second server',
      timeout: 60_000,
    });
    // Rejects with what the stream failed with.
    await Promise.race([many, next.done]);
    await second.stop();
    await there.query(`INSERT INTO ${source.name}.history (account, delta) VALUES (-2, 0)`);
    const arrived = () => target.query('SELECT 1 FROM history WHERE account = -2');
    await until(async () => (await arrived()).length === 1, { describe: 'the last change', timeout: 30_000 });
    for (const table of bankTables)
      expect(await tableRows(target, table), table).toEqual(await tableRows(there, `${source.name}.${table}`));
    expect(world.poller.torn).toEqual([]);
    expect(next.errors).toEqual([]);
    // Its databases are dropped where they were made.
    await primary.start();
  },
);
