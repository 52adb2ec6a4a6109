import { expect, test } from 'vitest';
import { startLoad } from '../../bank/bank.ts';
import { bankStream } from '../../bank/bank-stream.ts';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { goesOn } from '../../faults/goes-on.ts';
import { mysqlNames, startMysql, startPostgres } from '../../harness/index.ts';

/** By file and offset as well: MySQL's default is to give transactions no GTIDs. */
const servers = mysqlNames().flatMap((name) => [
  { name, how: 'with GTIDs', settings: {} },
  ...(name === 'mysql'
    ? [{ name, how: 'without GTIDs', settings: { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' } }]
    : []),
]);

test.each(servers)(
  'source ($name $how) and target server crash and restart under load',
  {
    timeout: 180_000,
  },
  async ({ name, settings }) => {
    await using sourceServer = await startMysql({ name, settings });
    await using targetServer = await startPostgres();
    await using world = await mysqlBankWorld(sourceServer, targetServer);
    await using stream = bankStream(world.stream);
    await stream.start();
    await world.fill();
    await using load = startLoad(world.source.url);
    const crash = async ({ kill, start }: { kill(): Promise<void>; start(): Promise<void> }) => {
      await kill();
      await start();
    };
    await goesOn(stream, () => crash({ kill: () => targetServer.kill(), start: () => targetServer.start() }));
    for (let round = 0; round < 2; round++)
      await goesOn(stream, () => crash({ kill: () => sourceServer.kill(), start: () => sourceServer.start() }));
    await goesOn(stream, () => sourceServer.restart());
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
    expect(stream.status).toBe('running');
  },
);
