import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startLoad } from '../../bank/bank.ts';
import { bankStream } from '../../bank/bank-stream.ts';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { blockEventLoop } from '../../faults/blocked-event-loop.ts';
import { type MysqlTestDatabase, mysqlNames, startMysql, until } from '../../harness/index.ts';

/** In seconds: how long the server waits for a client that takes nothing, unless the client's session says more. */
const timeout = 1;

const dumps = (source: MysqlTestDatabase) =>
  source.query("SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'");

/** More than the sockets between the two hold, so that the server cannot send the rest. */
const writeMuch = async (source: MysqlTestDatabase): Promise<void> => {
  for (let n = 0; n < 20; n++) await source.query(`UPDATE accounts SET note = concat('${n}', repeat('x', 40000))`);
};

test.each(mysqlNames())(
  '%s: a sink and an event loop blocked beyond net_write_timeout keep their connection',
  {
    timeout: 120_000,
  },
  async (name) => {
    await using server = await startMysql({ name, settings: { net_write_timeout: `${timeout}` } });
    await using world = await mysqlBankWorld(server);
    const { source, target } = world;
    await using stream = bankStream(world.stream);
    await stream.start();
    await world.fill();
    await until(() => stream.stats().sink.changes >= 60, { describe: 'the first rows' });
    const before = await dumps(source);
    expect(before).toHaveLength(1);
    const blocker = await target.connect();
    await blocker.query('BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE');
    await using load = startLoad(source.url, { pause: 1 });
    await writeMuch(source);
    let most = 0;
    for (const end = performance.now() + 3_000 * timeout; performance.now() < end; await setTimeout(20))
      most = Math.max(most, stream.stats().queue.changes);
    // Not beyond its limit by more than one batch.
    expect(most).toBeLessThanOrEqual(47);
    await load.stop();
    await blocker.query('ROLLBACK');
    await writeMuch(source);
    blockEventLoop(3_000 * timeout);
    expect(await world.settle()).toEqual([]);
    expect(await dumps(source)).toEqual(before);
    expect(world.poller.torn).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);
