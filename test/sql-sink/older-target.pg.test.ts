import type { ChangeBatch } from '@millrace/core';
import { expect, it } from 'vitest';
import { nextChanges, StreamDriver } from '../../packages/postgres-source/src/stream-driver.test-support.ts';
import { SinkUnderTest } from '../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
import { createDatabase, postgresVersions, sharedPostgres, type TestDatabase, uniqueName } from '../harness/index.ts';

/** As a server says it of a value of its own; `null` where it refuses that. */
const own = (database: TestDatabase, type: string, value: string): Promise<string | null> =>
  database.query<{ text: string }>(`SELECT CAST('${value}' AS ${type})::text AS text`).then(
    ([row]) => row?.text ?? null,
    () => null,
  );

const write = async (sink: SinkUnderTest, batch: ChangeBatch): Promise<string | null> => {
  if (batch.position === null) throw new Error('a part');
  const checkpoint = { ...sink.checkpoint, position: batch.position };
  const { relations, changes, schemaChanges, tables, commitTime, bytes, position } = batch;
  return sink.sink
    .write(
      { relations, changes, schemaChanges, tables, commitTime, bytes, position, checkpoint },
      new AbortController().signal,
    )
    .then(
      () => null,
      ({ code }) => code,
    );
};

const values = [
  ['interval', 'infinity'],
  ['interval', '-infinity'],
  ['interval[]', '{infinity}'],
  ['interval', '1 day'],
] as const;
const cases = values.flatMap(([type, value]) => [
  { type, value, path: 'one at a time', alwaysSequentially: true },
  { type, value, path: 'in bulk', alwaysSequentially: false },
]);

it.each(cases)(
  'what an older target does not know is refused, never stored as something else: $type $value $path',
  async ({ type, value, alwaysSequentially }) => {
    await using source = await createDatabase(sharedPostgres());
    await using target = await createDatabase(sharedPostgres(postgresVersions()[0]));
    for (const database of [source, target]) await database.query(`CREATE TABLE t (id int PRIMARY KEY, v ${type})`);
    const options = { slot: uniqueName('slot'), publication: 'p', formats: ['postgres-binary'] };
    await using driver = new StreamDriver({ connection: source.url, ...options });
    const batches = driver.read(await driver.start());
    await source.query(`INSERT INTO t VALUES (1, '${value}')`);
    const batch = await nextChanges(batches);
    await using sink = new SinkUnderTest({ connection: target.url }, { alwaysSequentially });
    await sink.open();
    const expected = await own(target, type, value);
    expect(await write(sink, batch)).toBe(expected === null ? 'VALUE_REJECTED' : null);
    expect(await target.query('SELECT v::text AS text FROM t')).toEqual(expected === null ? [] : [{ text: expected }]);
  },
);
