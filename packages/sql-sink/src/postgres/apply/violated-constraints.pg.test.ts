import { describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase, uniqueName } from '../../../../../test/harness/index.ts';
import { transaction } from '../../testing/changes.ts';
import { applyPaths, createItems, items, openSink, write } from '../testing/apply-paths.ts';

const backend = async (database: TestDatabase) =>
  (await database.query('SELECT backend_pid, epoch FROM millrace.checkpoint'))[0];

describe.each(applyPaths())('constraints that are violated: $name', (path) => {
  it('on the way only: group after group goes well on the same connection', async () => {
    await using database = await createDatabase(path.server);
    await database.query(createItems);
    await using sink = await openSink(database, path);
    const first = transaction();
    for (let id = 0; id < 60; id++) first.insert(items, { id, code: `c${id}`, note: 'new' });
    await write(sink, first);
    const before = await backend(database);
    for (let round = 1; round <= 20; round++) {
      const handedOver = transaction(`0/${round}a`);
      // Makes what the group needs on its connection, before it fails.
      for (let id = 2; id < 60; id++) handedOver.update(items, { id, code: `c${id}`, note: `round ${round}` });
      for (let id = 100; id < 110; id++) handedOver.insert(items, { id, code: null, note: 'brief' });
      const [mine, yours] = round % 2 === 1 ? ['c1', 'c0'] : ['c0', 'c1'];
      handedOver
        .update(items, { id: 0, code: null, note: 'between' })
        .update(items, { id: 1, code: yours, note: 'swapped' })
        .update(items, { id: 0, code: mine, note: 'swapped' });
      await write(sink, handedOver, `0/${round}a`);
      const rest = transaction(`0/${round}b`);
      for (let id = 100; id < 110; id++) rest.delete(items, { id });
      for (let id = 2; id < 60; id++) rest.update(items, { id, code: `c${id}`, note: `after ${round}` });
      await write(sink, rest, `0/${round}b`);
    }
    expect(await backend(database)).toEqual(before);
    expect(await database.query('SELECT * FROM items WHERE id < 3 ORDER BY id')).toEqual([
      { id: 0, code: 'c0', note: 'swapped' },
      { id: 1, code: 'c1', note: 'swapped' },
      { id: 2, code: 'c2', note: 'after 20' },
    ]);
    expect(await database.query('SELECT count(*)::int FROM items')).toEqual([{ count: 60 }]);
    expect(sink.codes).toEqual(path.alwaysSequentially ? [] : Array(20).fill('SEQUENTIAL_FALLBACK'));
  });

  it('by a deferred trigger at COMMIT: nothing is written, and the next connection goes on', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems};
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
      CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.note = 'refused') EXECUTE FUNCTION refuse();
      ALTER TABLE items ENABLE ALWAYS TRIGGER refuse`);
    await using sink = await openSink(database, path);
    await write(sink, transaction().insert(items, { id: 1, code: 'a', note: null }));
    const refused = transaction('0/2').insert(items, { id: 2, code: 'b', note: 'refused' });
    await expect(write(sink, refused, '0/2')).rejects.toMatchObject({ recovery: 'operator' });
    expect(await sink.reopen()).toMatchObject({ position: '0/1' });
    await write(sink, transaction('0/2').insert(items, { id: 3, code: 'c', note: null }), '0/2');
    expect(await database.query('SELECT id FROM items ORDER BY id')).toEqual([{ id: 1 }, { id: 3 }]);
  });

  it('by a deferred unique key at COMMIT: nothing is written, and the next connection goes on', async () => {
    await using database = await createDatabase(path.server);
    const role = uniqueName('role');
    // A role that cannot switch the checks of such a key off.
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE ${database.name} TO ${role};
      CREATE TABLE items (id integer PRIMARY KEY, code text UNIQUE DEFERRABLE INITIALLY DEFERRED, note text);
      GRANT ALL ON items TO ${role}`);
    try {
      const url = new URL(database.url);
      Object.assign(url, { username: role, password: 'secret' });
      await using sink = await openSink({ ...database, url: url.href }, path);
      const inserts = transaction();
      for (let id = 0; id < 20; id++) inserts.insert(items, { id, code: `c${id}`, note: null });
      await write(sink, inserts);
      const twice = transaction('0/2').update(items, { id: 1, code: 'c2', note: null });
      await expect(write(sink, twice, '0/2')).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' });
      expect(await sink.reopen()).toMatchObject({ position: '0/1' });
      const swapped = transaction('0/2')
        .update(items, { id: 1, code: 'c2', note: null })
        .update(items, { id: 2, code: 'c1', note: null });
      await write(sink, swapped, '0/2');
      expect(await database.query('SELECT id, code FROM items WHERE id IN (1, 2) ORDER BY id')).toEqual([
        { id: 1, code: 'c2' },
        { id: 2, code: 'c1' },
      ]);
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});
