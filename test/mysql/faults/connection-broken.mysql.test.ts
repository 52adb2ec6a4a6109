import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startLoad } from '../../bank/bank.ts';
import { bankStream } from '../../bank/bank-stream.ts';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { faultRounds } from '../../faults/killed-process.ts';
import { mysqlNames, sharedMysql, startProxy, until } from '../../harness/index.ts';

const rounds = faultRounds(8);

describe.each(mysqlNames())('%s', (name) => {
  test(`its connections are cut while streaming, and ${rounds} times while they are made`, {
    timeout: 90_000 + rounds * 5_000,
  }, async () => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    await using proxy = await startProxy({ target: world.source.server });
    await using stream = bankStream({ ...world.stream, source: proxy.url(world.source.name) });
    await stream.start();
    await world.fill();
    await using load = startLoad(world.source.url);
    await until(() => stream.stats().sink.changes > 100, { describe: 'some changes' });
    for (let round = 0; round < rounds; round++) {
      proxy.cut();
      await until(() => proxy.connections.length > 0, { describe: 'a new connection', timeout: 30_000 });
      // In the handshake, in what is asked before the dump, or in its first events.
      await setTimeout(Math.random() * 150);
    }
    proxy.cut();
    const written = stream.stats().sink.changes;
    await until(() => stream.status === 'running' && stream.stats().sink.changes > written, {
      describe: 'the stream to run again',
      timeout: 60_000,
    });
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
  });
});
