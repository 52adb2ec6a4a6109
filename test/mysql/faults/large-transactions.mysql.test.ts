import { expect, test } from 'vitest';
import { startLoad } from '../../bank/bank.ts';
import { bankStream } from '../../bank/bank-stream.ts';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { largeTransaction } from '../../bank/large-transaction.ts';
import { mysqlNames, sharedMysql, until } from '../../harness/index.ts';

test.each(mysqlNames())(
  '%s: transactions beyond the limits of a batch, in parts, over a restart',
  {
    timeout: 120_000,
  },
  async (name) => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    await using stream = bankStream(world.stream);
    await stream.start();
    await world.fill();
    await using load = startLoad(world.source.url);
    const connection = await world.source.connect();
    await connection.query(largeTransaction(world.source.url));
    await until(() => stream.stats().source.changes > 500, { describe: 'a part of it' });
    await stream.pause();
    await connection.query(largeTransaction(world.source.url));
    await stream.resume();
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);
