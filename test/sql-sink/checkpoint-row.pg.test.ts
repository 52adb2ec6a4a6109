import { describe, expect, it } from 'vitest';
import { SinkUnderTest } from '../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
import { relationOf, transaction } from '../../packages/sql-sink/src/testing/changes.ts';
import { createDatabase, postgresVersions, sharedPostgres, type TestDatabase, until } from '../harness/index.ts';

const items = relationOf({ table: 'items', columns: ['id integer!', 'note text'], key: ['id'] });
const createItems = 'CREATE TABLE items (id int PRIMARY KEY, note text)';
const inserts = (from: number, count: number) => {
  const made = transaction(`0/${from}`);
  for (let id = from; id < from + count; id++) made.insert(items, { id, note: 'n' });
  return made.changes;
};
const ids = async (database: TestDatabase) =>
  (await database.query<{ id: number }>('SELECT id FROM items ORDER BY id')).map(({ id }) => id);

/** Few changes are sent together with their COMMIT; those of a COPY before it. */
const sizes = [
  { size: 'few rows', count: 1 },
  { size: 'a COPY', count: 20 },
];

describe.each(postgresVersions())('the checkpoint row on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it.each(sizes)('is found wherever it has moved to: $size', async ({ count }) => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = new SinkUnderTest({ connection: database.url });
    await sink.open();
    const place = async () => (await database.query('SELECT ctid::text AS place FROM millrace.checkpoint'))[0]?.place;
    for (let n = 0; n < 4; n++) await sink.write(inserts(n * count, count), `0/${n}`);
    const before = await place();
    await database.query('VACUUM FULL millrace.checkpoint');
    expect(await place()).not.toBe(before);
    await sink.write(inserts(4 * count, count), '0/4');
    await database.query('VACUUM FULL millrace.checkpoint');
    await sink.write([], '0/5');
    expect(sink.codes.filter((code) => code !== 'SEQUENTIAL_FALLBACK')).toEqual([]);
    const fallbacks = sink.codes.length;
    for (let n = 5; n < 8; n++) await sink.write(inserts(n * count, count), `0/${n}b`);
    expect(sink.codes.length).toBe(fallbacks);
    expect((await ids(database)).length).toBe(8 * count);
    expect(await database.query('SELECT epoch, position FROM millrace.checkpoint')).toEqual([
      { epoch: '1', position: '0/7b' },
    ]);
  });

  it('is found wherever it has moved to by the last part of a transaction, and by a checkpoint alone', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = new SinkUnderTest({ connection: database.url });
    await sink.open();
    for (let n = 0; n < 4; n++) await sink.write(inserts(n, 1), `0/${n}`);
    await database.query('VACUUM FULL millrace.checkpoint');
    await sink.writePart(inserts(4, 1), transaction('0/4'));
    await sink.write(inserts(5, 1), '0/4');
    for (let n = 6; n < 9; n++) await sink.write(inserts(n, 1), `0/${n}`);
    await database.query('VACUUM FULL millrace.checkpoint');
    await sink.sink.saveCheckpoint?.({ ...sink.checkpoint, position: '0/9' }, new AbortController().signal);
    expect(await ids(database)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await database.query('SELECT epoch, position FROM millrace.checkpoint')).toEqual([
      { epoch: '1', position: '0/9' },
    ]);
    expect(sink.events).toEqual([]);
  });

  it('is not mistaken for the row of another stream that has moved to its place', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using other = new SinkUnderTest({ connection: database.url }, {}, 'other');
    await other.open();
    await using sink = new SinkUnderTest({ connection: database.url });
    await sink.open();
    for (let n = 0; n < 4; n++) await sink.write(inserts(n, 1), `0/${n}`);
    await database.query(`CREATE TABLE kept AS SELECT * FROM millrace.checkpoint; TRUNCATE millrace.checkpoint;
      INSERT INTO millrace.checkpoint SELECT kept.* FROM kept, generate_series(1, 9) g WHERE stream = 'other';
      INSERT INTO millrace.checkpoint SELECT * FROM kept WHERE stream = 'test'`);
    await sink.write(inserts(4, 1), '0/4');
    expect(await database.query("SELECT stream, position FROM millrace.checkpoint WHERE position = '0/4'")).toEqual([
      { stream: 'test', position: '0/4' },
    ]);
    expect(await ids(database)).toEqual([0, 1, 2, 3, 4]);
  });

  it('is made once by any number that open a new stream at the same time, and belongs to one of them', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    for (const stream of ['one', 'two', 'three']) {
      const sinks = Array.from({ length: 4 }, () => new SinkUnderTest({ connection: database.url }, {}, stream));
      const opened = await Promise.allSettled(sinks.map((sink) => sink.open()));
      const rows = await database.query<{ epoch: string }>('SELECT epoch FROM millrace.checkpoint WHERE stream = $1', [
        stream,
      ]);
      const taken = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value.epoch] : []));
      expect(rows.length).toBe(1);
      expect(new Set(taken).size).toBe(taken.length);
      expect(taken).toContain(Number(rows[0]?.epoch));
      for (const one of opened) if (one.status === 'rejected') expect(one.reason).toMatchObject({ recovery: 'retry' });
      const written = await Promise.allSettled(sinks.map((sink, n) => sink.write(inserts(n, 1), `0/${n}`)));
      const winners = written.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
      expect(winners.length).toBe(1);
      expect(await ids(database)).toEqual(winners);
      await database.query('TRUNCATE items');
      await Promise.all(sinks.map(({ sink }) => sink.close()));
    }
  });

  // Only a connection that has written before knows where the row was.
  const takenOver = sizes.flatMap((one) => [
    { ...one, order: 'the first', written: [] },
    { ...one, order: 'not the first', written: [0] },
  ]);

  it.each(takenOver)(
    'keeps a group under way at a takeover from being committed: $size, $order',
    async ({ count, written }) => {
      await using database = await createDatabase(server);
      await database.query(createItems);
      await using old = new SinkUnderTest({ connection: database.url });
      await old.open();
      for (const id of written) await old.write(inserts(id, count), '0/1');
      // The takeover cannot reach its connection.
      await database.query('UPDATE millrace.checkpoint SET backend_pid = NULL');
      const holder = await database.connect();
      await holder.query('BEGIN; LOCK TABLE items IN SHARE MODE');
      const writing = old.write(inserts(100, count), '0/2').catch((error) => error);
      const waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'items'::regclass";
      await until(async () => (await database.query(waiting)).length > 0, { describe: 'a group under way' });
      await using current = new SinkUnderTest({ connection: database.url });
      expect(await current.open()).toMatchObject({ epoch: 2 });
      await holder.query('COMMIT');
      expect(await writing).toMatchObject({ code: 'FENCED', recovery: 'operator' });
      expect(await ids(database)).toEqual(written.flatMap(() => Array.from({ length: count }, (_, id) => id)));
      await expect(old.reopen()).rejects.toMatchObject({ code: 'FENCED' });
      await current.write(inserts(200, 1), '0/3');
      expect(await database.query('SELECT epoch, position FROM millrace.checkpoint')).toEqual([
        { epoch: '2', position: '0/3' },
      ]);
    },
  );

  it.each(sizes)('ends a group under way whose connection a takeover can reach: $size', async ({ count }) => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using old = new SinkUnderTest({ connection: database.url });
    await old.open();
    const holder = await database.connect();
    await holder.query('BEGIN; LOCK TABLE items IN SHARE MODE');
    const writing = old.write(inserts(100, count), '0/2').catch((error) => error);
    const waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'items'::regclass";
    await until(async () => (await database.query(waiting)).length > 0, { describe: 'a group under way' });
    await using current = new SinkUnderTest({ connection: database.url });
    await current.open();
    expect(await writing).toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
    await expect(old.reopen()).rejects.toMatchObject({ code: 'FENCED' });
    await holder.query('COMMIT');
    await current.write(inserts(200, 1), '0/3');
    expect(await ids(database)).toEqual([200]);
  });
});
