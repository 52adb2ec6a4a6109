import { expect, test } from 'vitest';
import { until } from '../harness/index.ts';
import { shopStream } from '../snapshot/shop-stream.ts';
import { live, shopWorld } from '../snapshot/shop-world.ts';
import { namedDifferences } from './named-differences.ts';

test.each([
  ['evolve', 'ALTER TABLE items RENAME id TO number'],
  ['lenient', 'ALTER TABLE items RENAME id TO number'],
  [
    'lenient',
    'ALTER TABLE items ADD number serial; ALTER TABLE items DROP id; ALTER TABLE items ADD PRIMARY KEY (number)',
  ],
] as const)(
  'a table that gets another key while it is copied is copied with that (%s: %s)',
  { timeout: 60_000 },
  async (schemaChanges, sql) => {
    await using world = await shopWorld();
    const { source, target, slot } = world;
    const options = { source: source.url, target: target.url, slot, schemaChanges };
    await using stream = shopStream({ ...options, maxBytesPerSecond: 3_000_000 });
    await stream.start();
    await until(async () => (await world.copied()) > 500, { describe: 'a part of the copy', timeout: 20_000 });
    // What the log says by the former key can not be read again.
    await source.query(`UPDATE items SET n = 1 WHERE id % 7 = 0; UPDATE items SET id = -id WHERE id % 50 = 1;
    DELETE FROM items WHERE id % 50 = 2`);
    await source.query(`${sql}; UPDATE items SET n = 9 WHERE number % 11 = 0; DELETE FROM items WHERE number % 13 = 0`);
    await stream.update({ copy: { maxBytesPerSecond: 0 } });
    await live(stream);
    await source.query('UPDATE items SET n = 10, number = -number WHERE number % 17 = 0');
    const equal = async () => (await namedDifferences(source, target, 'items')).length === 0;
    await until(equal, { describe: 'equal rows', timeout: 30_000 });
    expect(stream.errors).toEqual([]);
  },
);
