import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { postgresVersions, startPostgres } from '../harness/index.ts';
import { goesOn } from './goes-on.ts';

test.each(postgresVersions())(
  'target and source servers (PostgreSQL %i) crash and restart under load',
  { timeout: 120_000 },
  async (version) => {
    await using sourceServer = await startPostgres({ version });
    await using targetServer = await startPostgres({ version });
    await using world = await bankWorld({ source: sourceServer, target: targetServer });
    await using stream = bankStream({ source: world.source.url, target: world.target.url, slot: world.slot });
    await stream.start();
    await world.fill();
    await using load = startLoad(world.source.url);
    for (let round = 0; round < 2; round++) {
      await goesOn(stream, async () => {
        await targetServer.kill();
        await targetServer.start();
      });
    }
    await goesOn(stream, () => sourceServer.restart('fast'));
    await goesOn(stream, () => sourceServer.restart('immediate'));
    await goesOn(stream, async () => {
      await sourceServer.kill();
      await sourceServer.start();
    });
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
    expect(stream.status).toBe('running');
  },
);
