import { expect, test } from 'vitest';
import { createBank } from '../../bank/bank.ts';
import { bankStream } from '../../bank/bank-stream.ts';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { createMysqlDatabase, mysqlNames, sharedMysql, startMysql, tableRows, until } from '../../harness/index.ts';

test.each(mysqlNames())(
  '%s: log removed under a paused stream is BINLOG_PURGED, and nothing is read',
  {
    timeout: 90_000,
  },
  async (name) => {
    await using server = await startMysql({ name });
    await using world = await mysqlBankWorld(server);
    const { source, target } = world;
    await using stream = bankStream(world.stream);
    await stream.start();
    await source.query('INSERT INTO history (account, delta) VALUES (1, 0)');
    await until(async () => (await tableRows(target, 'history')).length === 1, { describe: 'the first row' });
    await stream.pause();
    const before = await tableRows(target, 'history');
    await source.query('INSERT INTO history (account, delta) VALUES (2, 0); FLUSH BINARY LOGS');
    await source.query('INSERT INTO history (account, delta) VALUES (3, 0); FLUSH BINARY LOGS');
    // A server keeps what it still sends to somebody, and takes a moment to end that.
    const isPurged = async () => {
      const logs = await source.query<{ Log_name: string }>('SHOW BINARY LOGS');
      await source.query(`PURGE BINARY LOGS TO '${logs.at(-1)?.Log_name}'`);
      return logs.length === 1;
    };
    await until(isPurged, { describe: 'the log to be removed' });
    await source.query('INSERT INTO history (account, delta) VALUES (4, 0)');
    const done = expect(stream.done).rejects.toMatchObject({ code: 'BINLOG_PURGED', recovery: 'recover' });
    await stream.resume().catch(() => {});
    await done;
    expect(stream.status).toBe('failed-permanently');
    expect(await tableRows(target, 'history')).toEqual(before);
  },
);

test.each(mysqlNames())(
  '%s: a checkpoint never continues on another server: SOURCE_CHANGED',
  {
    timeout: 90_000,
  },
  async (name) => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    await using server = await startMysql({ name });
    await using other = await createMysqlDatabase(server);
    await createBank(other);
    await using first = bankStream(world.stream);
    await first.start();
    expect(await world.settle()).toEqual([]);
    await first.stop();
    const before = await tableRows(world.target, 'history');
    await other.query('INSERT INTO history (account, delta) VALUES (7, 0)');
    await using second = bankStream({ ...world.stream, source: other.url });
    await expect(second.start()).rejects.toMatchObject({ code: 'SOURCE_CHANGED', recovery: 'recover' });
    expect(await tableRows(world.target, 'history')).toEqual(before);
  },
);

test.each(mysqlNames())(
  '%s: a target restored to an older state is brought up to date from its own checkpoint',
  {
    timeout: 60_000,
  },
  async (name) => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    const { target } = world;
    await using stream = bankStream(world.stream);
    await stream.start();
    await stream.stop();
    const [old] = await target.query<{ position: string }>('SELECT position FROM millrace.checkpoint');
    await stream.start();
    await world.fill();
    expect(await world.settle()).toEqual([]);
    await stream.stop();
    // A server keeps its log whatever was read of it: nothing is lost to a target that begins again.
    await target.query('UPDATE millrace.checkpoint SET position = $1', [old?.position]);
    await target.query('TRUNCATE accounts, branches, tellers, history');
    await stream.start();
    expect(await world.settle()).toEqual([]);
  },
);
