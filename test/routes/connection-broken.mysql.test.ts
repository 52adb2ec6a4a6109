import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankBetween } from '../bank/bank-world.ts';
import { startProxy, until } from '../harness/index.ts';
import { databaseOn, sharedServer } from './routes.ts';

const cases = [
  { action: 'cut', step: 'before-commit', source: 'mysql', target: 'mysql' },
  { action: 'cut', step: 'commit-sent', source: 'postgres', target: 'mariadb-11.8' },
  { action: 'freeze', step: 'commit-sent', source: 'postgres', target: 'mysql' },
] as const;

test.each(cases)(
  'from $source to $target, the connection to the target is broken by $action $step',
  { timeout: 240_000 },
  async ({ action, step, source, target }) => {
    await using world = await bankBetween(
      await databaseOn(sharedServer(source)),
      await databaseOn(sharedServer(target)),
    );
    await using proxy = await startProxy({ target: world.target.server, readsPackets: true });
    await using stream = bankStream({ ...world.stream, target: `${proxy.url(world.target.name)}?tls=false` });
    await stream.start();
    await world.fill();
    await using load = startLoad(world.source.url);
    const broken = proxy.at(step, action, { nth: 5 });
    await broken.reached();
    // A frozen connection looks like a slow server, until the server says that it has answered.
    await until(() => stream.errors.length > 0, { describe: 'the loss to be noticed', timeout: 40_000 });
    if (action === 'freeze') await broken.release();
    await until(() => stream.status === 'running', { describe: 'the stream to run again', timeout: 30_000 });
    await load.stop();
    // While it was frozen the load went on, and the limits are small.
    expect(await world.settle(120_000)).toEqual([]);
    expect(world.poller.torn).toEqual([]);
  },
);
