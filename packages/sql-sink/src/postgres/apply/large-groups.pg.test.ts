import { describe, expect, it } from 'vitest';
import { createDatabase, uniqueName } from '../../../../../test/harness/index.ts';
import { relationOf, type TestTransaction, transaction } from '../../testing/changes.ts';
import { applyPaths, createItems, items, openSink, write } from '../testing/apply-paths.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Enough rows for every way of writing many of them: inserted, changed, and half of them deleted. */
const manyItems = (from: TestTransaction, rows = 60): TestTransaction => {
  for (const id of numbers(rows)) from.insert(items, { id, code: null, note: 'new' });
  return from;
};

describe.each(applyPaths())('groups of many changes: $name', (path) => {
  it('of more tables than there may be staging tables', async () => {
    await using database = await createDatabase(path.server);
    const tables = numbers(30).map((n) =>
      relationOf({ table: `t${n}`, columns: ['id integer!', 'n integer', 'note text'], key: ['id'] }),
    );
    for (const { table } of tables)
      await database.query(`CREATE TABLE ${table} (id int PRIMARY KEY, n int, note text);
        INSERT INTO ${table} SELECT g, 0, 'kept' FROM generate_series(0, 59) g`);
    await using sink = await openSink(database, path);
    for (const round of [1, 2, 3]) {
      const updates = transaction(`0/${round}`);
      for (const id of numbers(60))
        for (const [at, table] of tables.entries()) updates.update(table, { id, n: id * round + at });
      await write(sink, updates, `0/${round}`);
      const sums = tables.map(
        ({ table }, at) => `(SELECT bool_and(n = id * ${round} + ${at} AND note = 'kept') FROM ${table})`,
      );
      expect(await database.query(`SELECT ${sums.join(' AND ')} AS right`)).toEqual([{ right: true }]);
    }
    expect(sink.events).toEqual([]);
    const staging = await database.query(
      "SELECT FROM pg_class WHERE relname LIKE 'millrace%' AND relpersistence = 't'",
    );
    expect(staging.length).toBe(path.alwaysSequentially ? 0 : 8);
  });

  it('of a role that may make no temporary tables', async () => {
    await using database = await createDatabase(path.server);
    const role = uniqueName('role');
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret';
      REVOKE TEMP ON DATABASE ${database.name} FROM PUBLIC; GRANT CREATE ON DATABASE ${database.name} TO ${role};
      ${createItems}; GRANT ALL ON items TO ${role}`);
    try {
      const url = new URL(database.url);
      Object.assign(url, { username: role, password: 'secret' });
      await using sink = await openSink({ ...database, url: url.href }, path);
      await write(sink, manyItems(transaction()));
      const changes = transaction('0/2');
      for (const id of numbers(60)) changes.update(items, { id, note: 'changed' });
      for (const id of numbers(30)) changes.delete(items, { id });
      await write(sink, changes, '0/2');
      expect(await database.query('SELECT note, count(*)::int FROM items GROUP BY 1')).toEqual([
        { note: 'changed', count: 30 },
      ]);
      expect(sink.events).toEqual([]);
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('of rows with 500 columns', async () => {
    await using database = await createDatabase(path.server);
    const names = numbers(499).map((n) => `c${n}`);
    const wide = relationOf({
      table: 'wide',
      columns: ['id integer!', ...names.map((name) => `${name} integer`)],
      key: ['id'],
    });
    await database.query(`CREATE TABLE wide (id int PRIMARY KEY, ${names.map((name) => `${name} int`).join(', ')})`);
    await using sink = await openSink(database, path);
    const valuesOf = (id: number, round: number) =>
      Object.fromEntries(names.map((name, at) => [name, (id + at) * round]));
    const inserts = transaction();
    for (const id of numbers(60)) inserts.insert(wide, { id, ...valuesOf(id, 1) });
    await write(sink, inserts);
    const updates = transaction('0/2');
    for (const id of numbers(60)) updates.update(wide, { id, ...valuesOf(id, 2) });
    for (const id of numbers(5)) updates.update(wide, { id, c7: null });
    await write(sink, updates, '0/2');
    const [first, , , , , , , ...rest] = await database.query('SELECT * FROM wide ORDER BY id');
    expect(first).toEqual({ id: 0, ...valuesOf(0, 2), c7: null });
    expect(rest.at(-1)).toEqual({ id: 59, ...valuesOf(59, 2) });
    expect(sink.events).toEqual([]);
  });

  it('of tables and columns whose names need quotes', async () => {
    await using database = await createDatabase(path.server);
    await database.query(
      `CREATE TABLE "it's ""odd""" ("Na""me\\ né" text, "select" text, "a,b" text, PRIMARY KEY ("Na""me\\ né", "a,b"))`,
    );
    const odd = relationOf({ table: 'it\'s "odd"', columns: ['x text!', 'select text', 'y text!'] });
    const columns = odd.columns.map((column, at) =>
      at === 1 ? column : { ...column, name: at === 0 ? 'Na"me\\ né' : 'a,b' },
    );
    const relation = { ...odd, columns, key: [0, 2], identity: 'key' } as const;
    await using sink = await openSink(database, path);
    const row = (n: number, select: string) => ({ 'Na"me\\ né': `"${n}\\`, 'a,b': `'{${n}}`, select });
    const [inserts, changes] = [transaction(), transaction('0/2')];
    for (const n of numbers(60)) inserts.insert(relation, row(n, 'new'));
    await write(sink, inserts);
    for (const n of numbers(60)) changes.update(relation, row(n, 'changed'));
    for (const n of numbers(59)) changes.delete(relation, row(n, ''));
    await write(sink, changes, '0/2');
    expect(await database.query('SELECT * FROM "it\'s ""odd"""')).toEqual([row(59, 'changed')]);
    expect(sink.events).toEqual([]);
  });

  it('into a partitioned table', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`CREATE TABLE items (id integer PRIMARY KEY, code text, note text) PARTITION BY RANGE (id);
      CREATE TABLE low PARTITION OF items FOR VALUES FROM (0) TO (30);
      CREATE TABLE high (note text, code text, id integer NOT NULL);
      ALTER TABLE items ATTACH PARTITION high FOR VALUES FROM (30) TO (1000)`);
    await using sink = await openSink(database, path);
    await write(sink, manyItems(transaction()));
    const changes = transaction('0/2');
    for (const id of numbers(60)) changes.update(items, { id, note: 'changed' });
    for (const id of numbers(50)) changes.delete(items, { id });
    changes.update(items, { id: 1, code: null, note: 'moved' }, { id: 59 }).update(items, { id: 1, note: 'last' });
    await write(sink, changes, '0/2');
    expect(await database.query('SELECT * FROM low')).toEqual([{ id: 1, code: null, note: 'last' }]);
    expect(await database.query('SELECT note, count(*)::int FROM high GROUP BY 1')).toEqual([
      { note: 'changed', count: 9 },
    ]);
    expect(sink.events).toEqual([]);
  });
});
