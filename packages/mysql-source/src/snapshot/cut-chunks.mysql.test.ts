import type { Chunk } from '@millrace/core';
import { expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { OpenSource } from './copied-table.test-support.ts';

const maxBytes = 64 * 1024;
const large = 20_000;

const idsOf = (chunks: readonly Chunk[]): string[] =>
  chunks.flatMap(({ rows }) => [...rows].map((row) => `${row.text(0)} ${row.text(1)}`));

it.each(mysqlNames())(
  'a chunk of %s that meets rows larger than it was made for is cut among them, and goes on behind the last',
  { timeout: 60_000 },
  async (name) => {
    await using database = await createMysqlDatabase(sharedMysql(name));
    await using open = await OpenSource.on(database);
    // In the middle of many small ones lie some that are a thousand times as large.
    await database.query(`
      CREATE TABLE t (word varchar(10), n int, filler longtext, PRIMARY KEY (word, n));
      INSERT INTO t WITH RECURSIVE g AS (SELECT 1 n UNION ALL SELECT n + 1 FROM g WHERE n < 999)
        SELECT elt(1 + n % 3, 'a', 'Ä', 'ß'), n, IF(n BETWEEN 400 AND 450, repeat('x', ${large}), '') FROM g;
      ANALYZE TABLE t`);
    const sorted = await database.query<{ id: string }>("SELECT concat(word, ' ', n) AS id FROM t ORDER BY word, n");
    const expected = sorted.map(({ id }) => id);
    const table = `${database.name}.t`;
    const chunks = await open.copy(table, { maxBytes });
    expect(idsOf(chunks)).toEqual(expected);
    const cut = chunks.filter(({ bytes }) => bytes > 2 * maxBytes);
    expect(cut.length).toBeGreaterThan(0);
    for (const { bytes } of cut) expect(bytes).toBeLessThan(2 * maxBytes + large + 1_000);
    // So does a copy that is continued behind it.
    for (const { progress } of cut) {
      const rest: Chunk[] = [];
      const request = { table, progress, maxBytes };
      for await (const chunk of open.source.copy?.(request, open.abort.signal) ?? []) rest.push(chunk);
      expect(idsOf(rest)).toEqual(expected.slice(progress.rows));
    }
  },
);
