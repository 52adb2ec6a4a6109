import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, type TestDatabase } from '../../../../../test/harness/index.ts';
import { relationOf, type TestTransaction, transaction } from '../../testing/changes.ts';
import { applyPaths, createItems, items, openSink, write } from '../testing/apply-paths.ts';

/** The rows that a log leaves on each path, and what the sinks reported. */
const onBothPaths = async (version: number, create: string, log: TestTransaction, rows: string) => {
  const paths = applyPaths().filter(({ name }) => name.startsWith(`PostgreSQL ${version},`));
  const left: { readonly rows: readonly unknown[]; readonly codes: readonly string[] }[] = [];
  for (const path of paths) {
    await using database: TestDatabase = await createDatabase(path.server);
    await database.query(create);
    await using sink = await openSink(database, path);
    await write(sink, log);
    left.push({ rows: await database.query(rows), codes: sink.codes });
  }
  const [one, other] = left;
  if (one === undefined || other === undefined) throw new Error('there are two paths');
  return { sequentially: one, inBulk: other };
};

const many = (): TestTransaction => {
  const log = transaction();
  for (let id = 1; id <= 20; id++) log.insert(items, { id, code: `c${id}`, note: `n${id}` });
  for (let id = 1; id <= 20; id += 2) log.update(items, { id, code: `c${id}`, note: `changed ${id}` });
  for (let id = 3; id <= 20; id += 3) log.delete(items, { id });
  return log
    .update(items, { id: 100, code: 'c1', note: 'moved' }, { id: 1 })
    .insert(items, { id: 3, code: 'c3', note: 'again' });
};

describe.each(postgresVersions())('what interferes at the target, on PostgreSQL %i', (version) => {
  it('a trigger that rewrites rows sees the changes one by one, on either path', async () => {
    const { sequentially, inBulk } = await onBothPaths(
      version,
      `${createItems}; CREATE FUNCTION rewrite() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.note := upper(NEW.note) || ' of ' || (SELECT count(*) FROM public.items); RETURN NEW; END $$;
      CREATE TRIGGER rewrite BEFORE INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION rewrite();
      ALTER TABLE items ENABLE ALWAYS TRIGGER rewrite`,
      many(),
      'SELECT * FROM items ORDER BY id',
    );
    expect(sequentially.rows.length).toBe(15);
    expect(sequentially.rows).toContainEqual({ id: 100, code: 'c1', note: 'MOVED of 14' });
    expect(inBulk).toEqual(sequentially);
  });

  it('a rule that writes somewhere else too does so for every change, on either path', async () => {
    const { sequentially, inBulk } = await onBothPaths(
      version,
      `${createItems}; CREATE TABLE trail (n serial, id int);
      CREATE RULE trail AS ON DELETE TO items DO ALSO INSERT INTO trail (id) VALUES (OLD.id);
      ALTER TABLE items ENABLE ALWAYS RULE trail`,
      many(),
      'SELECT n, trail.id, (SELECT count(*) FROM items) AS items FROM trail ORDER BY n',
    );
    expect(sequentially.rows.length).toBe(6);
    expect(inBulk.rows).toEqual(sequentially.rows);
  });

  it('a rule for inserts into a table without a key acts once for each row, on either path', async () => {
    const log = relationOf({ table: 'log', columns: ['t text'], identity: 'none' });
    const inserts = transaction();
    for (let n = 0; n < 20; n++) inserts.insert(log, { t: `t${n}` });
    const { sequentially, inBulk } = await onBothPaths(
      version,
      `CREATE TABLE log (t text); CREATE TABLE trail (n serial, t text);
      CREATE RULE trail AS ON INSERT TO log DO ALSO INSERT INTO trail (t) VALUES (NEW.t);
      ALTER TABLE log ENABLE ALWAYS RULE trail`,
      inserts,
      'SELECT trail.t, (SELECT count(*) FROM log) AS logged FROM trail ORDER BY n',
    );
    expect(sequentially.rows).toEqual(inserts.changes.map(({ after }) => ({ ...after, logged: '20' })));
    expect(inBulk.rows).toEqual(sequentially.rows);
  });

  it.each(applyPaths().filter(({ server }) => server.version === version))(
    'a trigger that appears later is planned for from the second group on: $name',
    async (path) => {
      await using database = await createDatabase(path.server);
      await database.query(createItems);
      await using sink = await openSink(database, path);
      const group = (from: number): TestTransaction => {
        const inserts = transaction(`0/${from}`);
        for (let id = from; id < from + 20; id++) inserts.insert(items, { id, code: null, note: 'n' });
        return inserts;
      };
      await write(sink, group(20), '0/20');
      await database.query(`CREATE FUNCTION rewrite() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN NEW.note := upper(NEW.note); RETURN NEW; END $$;
        CREATE TRIGGER rewrite BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION rewrite();
        ALTER TABLE items ENABLE ALWAYS TRIGGER rewrite`);
      for (const from of [40, 60, 80]) await write(sink, group(from), `0/${from}`);
      expect(await database.query('SELECT note, count(*) FROM items GROUP BY note ORDER BY count')).toEqual([
        { note: 'n', count: '20' },
        { note: 'N', count: '60' },
      ]);
      expect(sink.codes).toEqual(path.alwaysSequentially ? [] : ['SEQUENTIAL_FALLBACK']);
    },
  );
});
