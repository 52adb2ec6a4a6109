import { expect, it } from 'vitest';
import { nextBatch, StreamDriver } from '../../packages/postgres-source/src/stream-driver.test-support.ts';
import { SinkUnderTest } from '../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
import { createDatabase, sharedPostgres, uniqueName } from '../harness/index.ts';

const wires = [
  { wire: 'text', formats: [] },
  { wire: 'binary', formats: ['postgres-binary'] },
];
const paths = [
  { path: 'one at a time', limits: { alwaysSequentially: true } },
  { path: 'row by row', limits: { sharedRows: 1_000, stagedRows: 1_000 } },
  { path: 'by COPY', limits: { sharedRows: 1, stagedRows: 1 } },
];
const cases = wires.flatMap((one) => paths.map((two) => ({ ...one, ...two })));

/** 20 MB of what has to be escaped and what has not. */
const large = (letter: string): string =>
  `repeat(E'${letter}\\\\\\t\\n\\r''"{},é', 5000) || repeat('${letter}', 19900000) || E'\\\\.'`;

it.each(cases)('20 MB of text in a row arrive as they are: as $wire, $path', async ({ wire, formats, limits }) => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  for (const database of [source, target])
    await database.query(
      'CREATE TABLE t (id int PRIMARY KEY, v text, n int); ALTER TABLE t ALTER v SET STORAGE EXTERNAL',
    );
  const options = { slot: uniqueName('slot'), publication: 'p', formats };
  await using driver = new StreamDriver({ connection: source.url, ...options });
  const batches = driver.read(await driver.start());
  await using sink = new SinkUnderTest({ connection: target.url }, limits);
  await sink.open();
  const look = 'SELECT id, n, md5(v) AS hash, octet_length(v) AS bytes FROM t ORDER BY id';
  const statements = [
    `INSERT INTO t VALUES (1, ${large('a')}, 1), (2, 'small', 1)`,
    `UPDATE t SET v = ${large('b')} WHERE id = 2`,
    'UPDATE t SET n = n + 1',
  ];
  for (const statement of statements) {
    await source.query(statement);
    for (let begun = false, ended = false; !(begun && ended); ) {
      const batch = await nextBatch(batches);
      for (const { image } of batch.changes) expect(image.after?.wire).toBe(wire);
      await sink.writeBatch(batch);
      begun ||= batch.changes.length > 0;
      ended = batch.position !== null;
    }
    expect(await target.query(look)).toEqual(await source.query(look));
  }
  expect(sink.events).toEqual([]);
});
