import { expect, test } from 'vitest';
import { until } from '../harness/index.ts';
import { shopStream } from '../snapshot/shop-stream.ts';
import { live, shopWorld } from '../snapshot/shop-world.ts';
import { namedDifferences } from './named-differences.ts';

const behaviors = ['evolve', 'lenient'] as const;

/** Each is run in the middle of a copy, after changes under the columns that were there. */
const changes: readonly (readonly [string, string])[] = [
  ['a column gets another name', 'ALTER TABLE items RENAME label TO title'],
  ['a column goes and another comes', 'ALTER TABLE items DROP label, ADD extra int NOT NULL DEFAULT 3'],
  ['numbers come of texts that were none', 'ALTER TABLE items ALTER filler TYPE int USING length(filler)'],
  ['a text becomes shorter', 'ALTER TABLE items ALTER label TYPE varchar(40) USING md5(label)'],
];

test.each(behaviors.flatMap((behavior) => changes.map(([name, sql]) => ({ behavior, name, sql }))))(
  'while a table is copied $name ($behavior): what the log said before fits no more, and every row is equal',
  { timeout: 60_000 },
  async ({ behavior, sql }) => {
    await using world = await shopWorld();
    const { source, target, slot } = world;
    const options = { source: source.url, target: target.url, slot, schemaChanges: behavior };
    await using stream = shopStream({ ...options, maxBytesPerSecond: 3_000_000 });
    await stream.start();
    await until(async () => (await world.copied()) > 500, { describe: 'a part of the copy', timeout: 20_000 });
    // Rows that were read and rows that were not, some of which move and go.
    await source.query(`UPDATE items SET filler = 'no number', label = repeat('long ', 20) || id WHERE id % 7 = 0;
      UPDATE items SET id = -id WHERE id % 50 = 1; DELETE FROM items WHERE id % 50 = 2;
      INSERT INTO items SELECT 10000 + g, 'a rather long label, too ' || g, 1, 'new' FROM generate_series(1, 20) g`);
    await source.query(`${sql}; UPDATE items SET n = 9 WHERE id % 11 = 0`);
    await stream.update({ copy: { maxBytesPerSecond: 0 } });
    await live(stream);
    await until(() => stream.backfills.every(({ state }) => state === 'completed'), {
      describe: 'every copy',
      timeout: 30_000,
    });
    expect(await world.settle(20_000, ['orders', 'events'])).toEqual([]);
    expect(await namedDifferences(source, target, 'items')).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);

test('a stream that ended when its copy was ahead of its log starts again', { timeout: 60_000 }, async () => {
  await using world = await shopWorld();
  const { source, target, slot } = world;
  const options = { source: source.url, target: target.url, slot, schemaChanges: 'evolve' } as const;
  const first = shopStream(options);
  await first.start();
  await live(first);
  await first.stop();
  await source.query("UPDATE items SET label = 'old ' || id WHERE id % 3 = 0; ALTER TABLE items RENAME label TO title");
  await source.query("UPDATE items SET title = 'new ' || id WHERE id % 5 = 0");
  // As a copy leaves it that has read the rows by now.
  await target.query('ALTER TABLE items RENAME label TO title');
  await target.query(`UPDATE millrace.checkpoint SET tables = jsonb_set(jsonb_set(tables,
    '{public.items,state}', '"catching-up"'), '{public.items,through}', to_jsonb('FF/FFFFFFFF'::text))`);
  await using stream = shopStream(options);
  await stream.start();
  const equal = async () => (await namedDifferences(source, target, 'items')).length === 0;
  await until(equal, { describe: 'equal rows', timeout: 20_000 });
  expect(stream.errors).toEqual([]);
});
