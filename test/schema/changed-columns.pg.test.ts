import { expect, test } from 'vitest';
import { postgresVersions, sharedPostgres } from '../harness/index.ts';
import { evolving } from './evolving.ts';

test.each(postgresVersions())(
  'columns that are added, dropped, renamed and retyped at PostgreSQL %i: every row is equal after each',
  { timeout: 60_000 },
  async (version) => {
    const server = sharedPostgres(version);
    await using world = await evolving({
      servers: { source: server, target: server },
      schemaChanges: 'evolve',
      schema: `CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL, n int, big text);
        ALTER TABLE items ALTER COLUMN big SET STORAGE EXTERNAL;
        INSERT INTO items SELECT g, 'label ' || g, g, repeat('x', 3000) FROM generate_series(1, 500) g`,
    });
    const { source } = world;
    const kinds = [
      'ALTER TABLE items ADD added text',
      "ALTER TABLE items ADD constant int DEFAULT 7, ADD texts text NOT NULL DEFAULT 'it''s'",
      'ALTER TABLE items ADD volatile float8 DEFAULT random()',
      'ALTER TABLE items ALTER n TYPE bigint',
      "ALTER TABLE items ALTER n TYPE text USING 'n' || n",
      'ALTER TABLE items RENAME label TO title',
      'ALTER TABLE items DROP added',
      'ALTER TABLE items ADD added numeric(10, 3) DEFAULT 1.5; ALTER TABLE items ALTER added DROP DEFAULT',
      'ALTER TABLE items DROP added; ALTER TABLE items ADD added numeric(10, 3) DEFAULT 2.5',
    ];
    for (const [index, statement] of kinds.entries()) {
      await source.query(statement);
      // The log says nothing of it before the next row.
      await source.query(`UPDATE items SET id = id WHERE id % 10 = ${index}`);
      expect([statement, await world.settle()]).toEqual([statement, []]);
    }
    expect(world.stream.errors).toEqual([]);
  },
);
