import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { postgresVersions, startPostgres, until } from '../harness/index.ts';

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
    const runsAgain = (written: number) =>
      until(() => stream.status === 'running' && stream.stats().sink.changes > written, {
        describe: 'the stream to go on',
        timeout: 30_000,
      });
    const broken = async (how: () => Promise<void>) => {
      await until(() => stream.stats().sink.changes > 50, { describe: 'changes' });
      const written = stream.stats().sink.changes;
      await how();
      await runsAgain(written);
    };
    for (let round = 0; round < 2; round++) {
      await broken(async () => {
        await targetServer.kill();
        await targetServer.start();
      });
    }
    await broken(() => sourceServer.restart('fast'));
    await broken(() => sourceServer.restart('immediate'));
    await broken(async () => {
      await sourceServer.kill();
      await sourceServer.start();
    });
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
    expect(stream.status).toBe('running');
  },
);
