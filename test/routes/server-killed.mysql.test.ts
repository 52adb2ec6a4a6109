import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankBetween } from '../bank/bank-world.ts';
import { goesOn } from '../faults/goes-on.ts';
import { databaseOn, type ServerName, sharedServer, startServer } from './routes.ts';

const cases: readonly { readonly source: ServerName; readonly target: ServerName }[] = [
  { source: 'postgres', target: 'mysql' },
  { source: 'mysql', target: 'mariadb-11.8' },
];

test.each(cases)(
  'from $source to $target, whose server crashes and restarts under load',
  { timeout: 180_000 },
  async ({ source, target }) => {
    await using server = await startServer(target);
    await using world = await bankBetween(await databaseOn(sharedServer(source)), await databaseOn(server));
    await using stream = bankStream(world.stream);
    await stream.start();
    await world.fill();
    await using load = startLoad(world.source.url);
    for (let round = 0; round < 2; round++)
      await goesOn(stream, async () => {
        await server.kill();
        await server.start();
      });
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
  },
);
