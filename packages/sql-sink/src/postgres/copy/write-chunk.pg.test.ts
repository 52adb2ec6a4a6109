import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
} from '../../../../../test/harness/index.ts';
import { relationOf } from '../../testing/changes.ts';
import { chunkOf, unencoded } from '../../testing/chunks.ts';
import { createItems, items } from '../testing/apply-paths.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const item = (id: number, code: string | null, note = 'copied') => ({ id: String(id), code, note });
const rows = (database: TestDatabase, table = 'items') => database.query(`SELECT * FROM ${table} ORDER BY 1`);

const opened = async (database: TestDatabase, url = database.url) => {
  const sink = new SinkUnderTest({ connection: url });
  await sink.open({ relations: [items] });
  return sink;
};

describe.each(postgresVersions())('rows of a chunk at PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);
  it('overwrite rows with their keys and leave what is not the stream’s', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; ALTER TABLE items ADD extra text DEFAULT 'new';
      INSERT INTO items VALUES (2, 'b', 'old', 'kept'), (9, 'i', 'old', 'kept')`);
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1, 'a'), item(2, 'c', 'tab\t\\\n'), item(3, null)]));
    expect(await rows(database)).toEqual([
      { id: 1, code: 'a', note: 'copied', extra: 'new' },
      { id: 2, code: 'c', note: 'tab\t\\\n', extra: 'kept' },
      { id: 3, code: null, note: 'copied', extra: 'new' },
      { id: 9, code: 'i', note: 'old', extra: 'kept' },
    ]);
    expect(sink.events).toEqual([]);
  });

  const secondaryKeys = [
    { name: 'a unique constraint', sql: 'ALTER TABLE items ADD UNIQUE (code)' },
    { name: 'a deferrable one', sql: 'ALTER TABLE items ADD UNIQUE (code) DEFERRABLE INITIALLY DEFERRED' },
    { name: 'several columns', sql: 'CREATE UNIQUE INDEX ON items (code, note)' },
    { name: 'part of the rows', sql: "CREATE UNIQUE INDEX ON items (code) WHERE note = 'copied'" },
    { name: 'an expression', sql: 'CREATE UNIQUE INDEX ON items (lower(code))' },
    { name: 'an expression of part of the rows', sql: 'CREATE UNIQUE INDEX ON items ((code || note)) WHERE id > 0' },
    { name: 'two indexes', sql: 'CREATE UNIQUE INDEX ON items (code); CREATE UNIQUE INDEX ON items ((code || note))' },
  ];

  it.each(secondaryKeys)('displace rows of other keys from $name', async ({ sql }) => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE items (id integer PRIMARY KEY, code text, note text); ${sql}`);
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1, 'a'), item(2, 'b'), item(3, null), item(4, null)]));
    await sink.writeChunk(chunkOf(items, [item(5, 'a'), item(6, 'c'), item(7, null)]));
    await sink.writeChunk(chunkOf(items, [item(6, 'b'), item(8, 'c')]));
    const left = (await rows(database)).map(({ id, code }) => `${id}${code}`);
    const isDeferred = sql.includes('DEFERRED');
    // Sessions like these do not check it, so that only the chunk with a key that is there looks for what is in its way.
    expect(left).toEqual(
      isDeferred ? ['1a', '3null', '4null', '5a', '6b', '7null', '8c'] : ['3null', '4null', '5a', '6b', '7null', '8c'],
    );
  });

  it('exclusion constraints refuse them, and the error says what to do', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE items (id integer PRIMARY KEY, code text, note text,
      CONSTRAINT apart EXCLUDE USING hash (code WITH =))`);
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1, 'a')]));
    await expect(sink.writeChunk(chunkOf(items, [item(2, 'a')]))).rejects.toMatchObject({
      code: 'CONSTRAINT_IN_THE_WAY',
      recovery: 'operator',
      hint: expect.stringContaining('"apart" of public.items'),
    });
    await sink.writeChunk(chunkOf(items, [item(3, 'c')]));
    expect((await rows(database)).map(({ id }) => id)).toEqual([1, 3]);
  });

  it('identity columns take the copied values, and rows that are there are replaced', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE always (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
      CREATE TABLE beside (code text PRIMARY KEY, serial bigint GENERATED ALWAYS AS IDENTITY, note text)`);
    const always = relationOf({ table: 'always', columns: ['id bigint!', 'note text'], key: ['id'] });
    const beside = relationOf({
      table: 'beside',
      columns: ['code text!', 'serial bigint!', 'note text'],
      key: ['code'],
    });
    await using sink = await opened(database);
    for (const note of ['first', 'second']) {
      await sink.writeChunk(chunkOf(always, [{ id: '10', note }]));
      await sink.writeChunk(chunkOf(beside, [{ code: 'a', serial: note === 'first' ? '5' : '6', note }]));
    }
    expect(await rows(database, 'always')).toEqual([{ id: '10', note: 'second' }]);
    expect(await rows(database, 'beside')).toEqual([{ code: 'a', serial: '6', note: 'second' }]);
  });

  it('columns that either side computes are left out', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE sums (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED)');
    const sums = relationOf({
      table: 'sums',
      columns: ['id integer!', 'a integer', 'twice integer', 'gone integer='],
      key: ['id'],
    });
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(sums, [{ id: '1', a: '2', twice: '99' }]));
    await sink.writeChunk(chunkOf(sums, [{ id: '1', a: '3', twice: '99' }]));
    expect(await rows(database, 'sums')).toEqual([{ id: 1, a: 3, twice: 6 }]);
  });

  it('triggers that act on copies see every row; one that swallows it is an error', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; CREATE FUNCTION rewrite() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.note = 'no' THEN RETURN NULL; END IF; NEW.note := upper(NEW.note); RETURN NEW; END $$;
      CREATE TRIGGER rewrite BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION rewrite();
      ALTER TABLE items ENABLE ALWAYS TRIGGER rewrite`);
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1, 'a'), item(2, 'b')]));
    expect((await rows(database)).map(({ note }) => note)).toEqual(['COPIED', 'COPIED']);
    await expect(sink.writeChunk(chunkOf(items, [item(3, 'c', 'no')]))).rejects.toMatchObject({
      code: 'ROW_NOT_WRITTEN',
    });
  });

  it('are written by a role that may not make temporary tables', async () => {
    await using database = await createDatabase(server);
    const role = uniqueName('role');
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE ${database.name} TO ${role};
      REVOKE TEMP ON DATABASE ${database.name} FROM PUBLIC; ${createItems}; GRANT ALL ON items TO ${role}`);
    const url = new URL(database.url);
    Object.assign(url, { username: role, password: 'secret' });
    try {
      await using sink = await opened(database, url.href);
      await sink.writeChunk(chunkOf(items, [item(1, 'a'), item(2, 'b')]));
      await sink.writeChunk(unencoded(chunkOf(items, [item(2, 'a'), item(3, 'b')])));
      expect((await rows(database)).map(({ id, code }) => `${id}${code}`)).toEqual(['2a', '3b']);
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it.each(['encoded', 'decoded'])('a value that does not fit is named by table and column: %s', async (form) => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE items (id integer PRIMARY KEY, code varchar(3), note text)');
    await using sink = await opened(database);
    const chunk = chunkOf(items, [item(1, 'abc'), item(2, 'secret')]);
    const writing = sink.writeChunk(form === 'encoded' ? chunk : unencoded(chunk));
    await expect(writing).rejects.toMatchObject({
      code: 'VALUE_REJECTED',
      message: expect.not.stringContaining('secret'),
      details: { table: 'public.items', column: 'code' },
    });
    expect(await rows(database)).toEqual([]);
  });

  it('have as many columns as a table may have', async () => {
    await using database = await createDatabase(server);
    const names = Array.from({ length: 1_000 }, (_, n) => `c${n}`);
    await database.query(
      `CREATE TABLE wide (id int PRIMARY KEY, code int UNIQUE, ${names.map((name) => `${name} smallint`).join(', ')})`,
    );
    const wide = relationOf({
      table: 'wide',
      columns: ['id integer!', 'code integer', ...names.map((name) => `${name} smallint`)],
      key: ['id'],
    });
    const row = (id: number, code: number) => ({
      id: String(id),
      code: String(code),
      ...Object.fromEntries(names.map((name, n) => [name, String(n)])),
    });
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(wide, [row(1, 1), row(2, 2)]));
    await sink.writeChunk(unencoded(chunkOf(wide, [row(2, 1), row(3, 3)])));
    expect(await database.query('SELECT id, code, c0, c999 FROM wide ORDER BY 1')).toEqual([
      { id: 2, code: 1, c0: 0, c999: 999 },
      { id: 3, code: 3, c0: 0, c999: 999 },
    ]);
  });

  it('of chunks that cross are all there, whichever was first', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database);
    const ids = Array.from({ length: 1_000 }, (_, id) => item(id, `c${id}`));
    const chunks = [ids, [...ids].reverse()].map((some, n) =>
      chunkOf(items, some, { range: { from: String(n), to: String(n + 1) } }),
    );
    await Promise.all(chunks.map((chunk) => sink.writeChunk(chunk)));
    expect(await database.query('SELECT count(*)::int AS items FROM items')).toEqual([{ items: 1_000 }]);
    expect(await database.query('SELECT count(*)::int AS ranges FROM millrace.copy_range')).toEqual([{ ranges: 2 }]);
  });
});

it.each(postgresVersions().filter((version) => version >= 15))(
  'rows of a chunk displace rows of other keys where NULL is a value like any other, at PostgreSQL %i',
  async (version) => {
    await using database = await createDatabase(sharedPostgres(version));
    await database.query(`CREATE TABLE items (id integer PRIMARY KEY, code text UNIQUE NULLS NOT DISTINCT, note text)`);
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1, null), item(2, 'b')]));
    await sink.writeChunk(chunkOf(items, [item(3, null)]));
    expect((await rows(database)).map(({ id }) => id)).toEqual([2, 3]);
  },
);
