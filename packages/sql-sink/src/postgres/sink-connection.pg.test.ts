import { PostgresSession } from '@millrace/postgres-client';
import { describe, expect, it, vi } from 'vitest';
import {
  createDatabase,
  openSockets,
  postgresVersions,
  sharedPostgres,
  startProxy,
  type TestDatabase,
  until,
} from '../../../../test/harness/index.ts';
import { relationOf, transaction } from '../testing/changes.ts';
import { SinkUnderTest } from './testing/sink-under-test.ts';

const items = relationOf({ table: 'items', columns: ['id integer!', 'note text'], key: ['id'] });
const createItems = 'CREATE TABLE items (id integer PRIMARY KEY, note text)';
const ids = async (database: TestDatabase) =>
  (await database.query<{ id: number }>('SELECT id FROM items ORDER BY id')).map(({ id }) => id);
const position = async (database: TestDatabase) =>
  (await database.query('SELECT position, xmin::text AS version FROM millrace.checkpoint'))[0];
const inserts = (id: string, from: number, count: number) => {
  const made = transaction(id);
  for (let n = from; n < from + count; n++) made.insert(items, { id: n, note: `note ${n}` });
  return made;
};

describe.each(postgresVersions())('writing to PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  const opened = async (database: TestDatabase, limits = {}, connection = database.url) => {
    const sink = new SinkUnderTest({ connection }, limits);
    await sink.open();
    return sink;
  };

  it('shows nothing of a transaction before its last part, and moves the checkpoint once', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database);
    const large = inserts('0/9', 1, 6);
    const before = await position(database);
    await sink.writePart(large.changes.slice(0, 2), large);
    await sink.writePart(large.changes.slice(2, 4), large);
    expect(await ids(database)).toEqual([]);
    expect(await position(database)).toEqual(before);
    await sink.write(large.changes.slice(4), '0/9');
    expect(await ids(database)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await position(database)).toMatchObject({ position: '0/9' });
    await sink.write(inserts('0/10', 7, 1).changes, '0/10');
    expect(await ids(database)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('holds no lock on the checkpoint while a transaction is open', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database);
    await sink.writePart(inserts('0/9', 1, 2).changes, transaction('0/9'));
    await database.query('SELECT 1 FROM millrace.checkpoint FOR UPDATE NOWAIT');
    await sink.write([], '0/9');
    expect(await ids(database)).toEqual([1, 2]);
  });

  it('keeps an open transaction alive while nothing comes', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database, { idleTransactionTimeout: 600, keepAliveInterval: 100 });
    const large = inserts('0/9', 1, 2);
    await sink.writePart(large.changes.slice(0, 1), large);
    const begun = performance.now();
    await until(() => performance.now() - begun > 1_500, { describe: 'more than the timeout' });
    await sink.write(large.changes.slice(1), '0/9');
    expect(await ids(database)).toEqual([1, 2]);
  });

  it('is given up by the server when its process hangs inside a transaction', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database, { idleTransactionTimeout: 200, keepAliveInterval: 60_000 });
    await sink.writePart(inserts('0/9', 1, 1).changes, transaction('0/9'));
    const count =
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'millrace test' AND datname = current_database()";
    await until(async () => (await database.query(count)).length === 0, { describe: 'the end of the session' });
    await expect(sink.write([], '0/9')).rejects.toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
  });

  it('a COMMIT that is answered with ROLLBACK is an error', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database);
    const script = PostgresSession.prototype.script;
    const spy = vi.spyOn(PostgresSession.prototype, 'script').mockImplementation(function (
      this: PostgresSession,
      text,
      options,
    ) {
      return script.call(this, text.replace(/COMMIT$/, 'ROLLBACK'), options);
    });
    try {
      await expect(sink.write(inserts('0/1', 1, 1).changes)).rejects.toMatchObject({
        code: 'COMMIT_ROLLED_BACK',
        recovery: 'retry',
      });
      expect(await sink.reopen()).toMatchObject({ position: null });
    } finally {
      spy.mockRestore();
    }
    expect(await ids(database)).toEqual([]);
  });

  it('refuses to write after an error until it is opened again', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; ALTER TABLE items ADD CHECK (id < 100)`);
    await using sink = await opened(database);
    await expect(sink.write(inserts('0/1', 100, 1).changes)).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' });
    await expect(sink.write(inserts('0/1', 1, 1).changes)).rejects.toMatchObject({ code: 'SINK_NOT_OPEN' });
    await expect(sink.sink.prepare?.([items], 'stream', new AbortController().signal)).rejects.toMatchObject({
      code: 'SINK_NOT_OPEN',
    });
    await sink.reopen();
    await sink.write(inserts('0/1', 1, 1).changes);
    expect(await ids(database)).toEqual([1]);
  });

  it('ends within a second of its signal although the server does not answer', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using proxy = await startProxy({ target: server });
    await using sink = await opened(database, {}, proxy.url(database.name));
    proxy.freeze();
    const abort = new AbortController();
    const writing = sink.write(inserts('0/1', 1, 3).changes, '0/1', abort.signal);
    const begun = performance.now();
    abort.abort(new Error('stopped'));
    await expect(writing).rejects.toThrow('stopped');
    await sink.sink.close();
    expect(performance.now() - begun).toBeLessThan(1_000);
    proxy.thaw();
    expect(await ids(database)).toEqual([]);
  });

  it('closes within seconds although the server does not answer, and leaves no socket', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using proxy = await startProxy({ target: server });
    await using sink = await opened(database, {}, proxy.url(database.name));
    await sink.writePart(inserts('0/1', 1, 1).changes, transaction('0/1'));
    proxy.freeze();
    const begun = performance.now();
    await sink.sink.close();
    await sink.sink.close();
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('splits long groups into messages without changing what they mean', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database, { messageStatements: 7, messageCharacters: 300, preparedStatements: 2 });
    const long = inserts('0/1', 0, 100);
    for (let n = 0; n < 100; n++)
      if (n % 3 === 0) long.delete(items, { id: n });
      else if (n % 3 === 1) long.update(items, { id: n, note: 'x'.repeat(n * 10) });
      else long.update(items, { id: -n }, { id: n });
    await sink.write(long.changes);
    const expected = Array.from({ length: 100 }, (_, n) => (n % 3 === 1 ? [n] : n % 3 === 2 ? [-n] : [])).flat();
    expect(await ids(database)).toEqual(expected.sort((a, b) => a - b));
    expect(sink.events).toEqual([]);
  });

  it('a part that meets something unexpected is applied one change at a time at the next attempt', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; INSERT INTO items VALUES (3, 'old')`);
    await using sink = await opened(database);
    const large = inserts('0/9', 1, 4);
    const attempt = async () => {
      await sink.writePart(large.changes.slice(0, 2), large);
      await sink.writePart(large.changes.slice(2, 3), large);
      await sink.write(large.changes.slice(3), '0/9');
    };
    await expect(attempt()).rejects.toMatchObject({ code: 'SEQUENTIAL_NEEDED', recovery: 'retry' });
    await sink.reopen();
    await attempt();
    expect(await database.query('SELECT * FROM items WHERE id = 3')).toEqual([{ id: 3, note: 'note 3' }]);
    expect(sink.events).toMatchObject([
      { type: 'counter', code: 'SEQUENTIAL_FALLBACK', details: { transaction: '0/9' } },
      { type: 'conflict', code: 'INSERT_CONFLICT', details: { table: 'public.items', count: 1 } },
    ]);
  });

  it('writes one version of the checkpoint row per commit, within its page', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database);
    for (let n = 1; n <= 50; n++) await sink.write([], `0/${n}`);
    const [size] = await database.query("SELECT pg_relation_size('millrace.checkpoint')::int AS bytes");
    expect(size?.bytes).toBeLessThanOrEqual(2 * 8192);
  });
});

it('leaves no socket behind', async () => {
  await using database = await createDatabase(sharedPostgres());
  await database.query('SELECT 1');
  const before = openSockets();
  const sink = new SinkUnderTest({ connection: database.url });
  await sink.open();
  await sink.sink.validate(sink.context());
  await sink.sink.readCheckpoint?.('test', new AbortController().signal);
  await sink.sink.close();
  await until(() => openSockets() <= before, { describe: 'no socket' });
});
