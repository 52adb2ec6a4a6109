import { expect, it } from 'vitest';
import { mergeBatches } from '../../packages/core/src/pipeline/merge-batches.ts';
import { nextChanges, StreamDriver } from '../../packages/postgres-source/src/stream-driver.test-support.ts';
import { SinkUnderTest } from '../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
import { createDatabase, sharedPostgres, uniqueName } from '../harness/index.ts';

it('changes around a column that came and went arrive in their order, also as one group', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE items (id int PRIMARY KEY, note text)');
  await target.query('CREATE TABLE items (id int PRIMARY KEY, note text, extra text)');
  await using driver = new StreamDriver({ connection: source.url, slot: uniqueName('slot'), publication: 'p' });
  const batches = driver.read(await driver.start());
  await using sink = new SinkUnderTest({ connection: target.url });
  await sink.open();
  const deliver = async (changes: number) => {
    const first = await nextChanges(batches);
    const rest = [];
    for (let seen = first.changes.length; seen < changes; seen += rest.at(-1)?.changes.length ?? 0)
      rest.push(await nextChanges(batches));
    const group = mergeBatches([first, ...rest]);
    if (group.position === null) throw new Error('a part');
    const checkpoint = { ...sink.checkpoint, position: group.position };
    await sink.sink.write({ ...group, checkpoint }, new AbortController().signal);
  };
  await source.query("INSERT INTO items VALUES (1, 'first')");
  await deliver(1);
  await source.query("UPDATE items SET note = 'before'");
  await source.query('ALTER TABLE items ADD extra text');
  await source.query("UPDATE items SET note = 'with', extra = 'x'");
  await source.query('ALTER TABLE items DROP extra');
  await source.query("UPDATE items SET note = 'after'");
  await deliver(3);
  expect(await target.query('SELECT * FROM items')).toEqual([{ id: 1, note: 'after', extra: 'x' }]);
});
