import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankBetween } from '../bank/bank-world.ts';
import { startBankStream } from '../faults/killed-process.ts';
import { type Step, startProxy, steps } from '../harness/index.ts';
import { databaseOn, type Route, sharedServer } from './routes.ts';

const met: readonly Route[] = [
  { source: 'postgres', target: 'mysql' },
  { source: 'mysql', target: 'mariadb-11.8' },
];

/** Nothing is copied by COPY here. Each step is taken once, on one route or the other. */
const cases = steps
  .filter((step) => step !== 'copying')
  .map((step: Step, index) => ({ step, ...(met[index % met.length] as Route) }));

test.each(cases)('from $source to $target, killed at the sink $step', { timeout: 120_000 }, async (met) => {
  const { source, target, step } = met;
  await using world = await bankBetween(await databaseOn(sharedServer(source)), await databaseOn(sharedServer(target)));
  await using proxy = await startProxy({ target: world.target.server, readsPackets: true });
  // Statements are read as long as nobody encrypts them.
  const through = { ...world.stream, target: `${proxy.url(world.target.name)}?tls=false` };
  const first = await startBankStream(through);
  await first.message('running');
  await world.fill();
  await using load = startLoad(world.source.url);
  const held = proxy.at(step, 'freeze', { nth: step === 'before-first-statement' ? 1 : 5 });
  if (step === 'before-first-statement') proxy.cut();
  await held.reached();
  first.kill('SIGKILL');
  await first.exited;
  await using second = await startBankStream(through);
  await second.message('running');
  // What the dead process had sent reaches the server after its successor has begun.
  await held.release();
  await load.stop();
  expect(await world.settle()).toEqual([]);
  expect(world.poller.torn).toEqual([]);
});
