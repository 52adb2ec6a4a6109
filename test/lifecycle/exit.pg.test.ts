import { expect, test } from 'vitest';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { startProgram } from '../harness/index.ts';

const program = new URL('exit.program.ts', import.meta.url);

test.each(['stop', 'pause', 'delete'])(
  'a process whose stream ended with %s exits by itself within a second',
  { timeout: 60_000 },
  async (end) => {
    await using world = await bankWorld();
    const options = { source: world.source.url, target: world.target.url, slot: world.slot };
    await using child = await startProgram(program, { args: [JSON.stringify(options)] });
    await child.message('running');
    await world.fill();
    await child.send('end', end);
    await child.message('ended');
    const ended = performance.now();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - ended).toBeLessThan(1_000);
  },
);

test('a process that never started the stream deletes what another one made', async () => {
  await using world = await bankWorld();
  const options = { source: world.source.url, target: world.target.url, slot: world.slot };
  const first = bankStream(options);
  await first.start();
  await first.stop();
  await bankStream(options).delete();
  expect(
    await world.source.query('SELECT slot_name FROM pg_replication_slots WHERE database = current_database()'),
  ).toEqual([]);
  expect(await world.source.query('SELECT pubname FROM pg_publication')).toEqual([]);
  expect(await world.target.query('SELECT stream FROM millrace.checkpoint')).toEqual([]);
});
