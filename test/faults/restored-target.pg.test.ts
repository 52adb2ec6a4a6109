import { expect, test } from 'vitest';
import { createBank } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { createDatabase, sharedPostgres, tableRows } from '../harness/index.ts';

test('a target restored from before the slot is never continued: SLOT_AHEAD, nothing read', {
  timeout: 60_000,
}, async () => {
  await using world = await bankWorld();
  const options = { source: world.source.url, target: world.target.url, slot: world.slot };
  await using stream = bankStream(options);
  await stream.start();
  const [old] = await world.target.query<{ position: string }>('SELECT position FROM millrace.checkpoint');
  await world.fill();
  await world.source.query('INSERT INTO history VALUES (1, 0)');
  expect(await world.settle()).toEqual([]);
  await stream.stop();
  await world.target.query('UPDATE millrace.checkpoint SET position = $1', [old?.position]);
  await world.target.query('DELETE FROM history');
  await expect(stream.start()).rejects.toMatchObject({ code: expect.stringMatching(/SLOT_AHEAD|VALIDATION_FAILED/) });
  if (stream.status === 'running') await expect(stream.done).rejects.toMatchObject({ code: 'SLOT_AHEAD' });
  expect(stream.status).toBe('failed-permanently');
  expect(await tableRows(world.target, 'history')).toEqual([]);
});

test('a checkpoint never continues on another server, database or slot: SOURCE_CHANGED', async () => {
  await using world = await bankWorld();
  await using other = await createDatabase(sharedPostgres());
  await createBank(other);
  await using first = bankStream({ source: world.source.url, target: world.target.url, slot: world.slot });
  await first.start();
  await first.stop();
  await using second = bankStream({ source: other.url, target: world.target.url, slot: `${world.slot}_2` });
  await expect(second.start()).rejects.toMatchObject({ code: 'SOURCE_CHANGED', recovery: 'recover' });
  expect(await other.query('SELECT slot_name FROM pg_replication_slots WHERE database = current_database()')).toEqual(
    [],
  );
});
