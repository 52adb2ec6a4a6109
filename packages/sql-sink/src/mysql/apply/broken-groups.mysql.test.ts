import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlProcess,
  type MysqlTestDatabase,
  until,
} from '../../../../../test/harness/index.ts';
import { items } from '../../postgres/testing/apply-paths.ts';
import { transaction } from '../../testing/changes.ts';
import { write } from '../../testing/driven-sink.ts';
import { applyPaths, createItems, openSink, sinkInto } from '../testing/apply-paths.ts';

/** The connection whose statement waits for row 2. */
const waiting = async (database: MysqlTestDatabase): Promise<number> => {
  const found: number[] = [];
  const look = async () => {
    const isWaiting = ({ statement }: MysqlProcess) =>
      statement.startsWith(`UPDATE \`${database.name}\`.\`items\``) && statement.includes('WHERE `id` = 2');
    found.push(...(await database.processes()).filter(isWaiting).map(({ id }) => id));
    return found.length > 0;
  };
  await until(look, { describe: 'the statement that waits' });
  return found[0] ?? 0;
};

/** Its first change is done when the second one waits for row 2. */
const group = () =>
  transaction('0/2')
    .update(items, { id: 1, code: null, note: 'new' })
    .update(items, { id: 2, code: null, note: 'new' })
    .update(items, { id: 3, code: null, note: 'new' })
    .insert(items, { id: 4, code: null, note: 'new' })
    .insert(items, { id: 5, code: null, note: 'new' });

const notes = async (database: MysqlTestDatabase) =>
  (await database.query<{ note: string }>('SELECT note FROM items WHERE id < 10 ORDER BY id')).map(({ note }) => note);

const fill = (database: MysqlTestDatabase) =>
  database.query(`${createItems}; INSERT INTO items VALUES (1, NULL, 'old'), (2, NULL, 'old'), (3, NULL, 'old');
    CREATE TABLE heavy (id int PRIMARY KEY);
    INSERT INTO heavy WITH RECURSIVE n AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM n WHERE id < 900) SELECT id FROM n`);

const conflict = (errno: number) => ({ code: 'TRANSACTION_CONFLICT', recovery: 'retry', details: { errno } });

interface Interruption {
  readonly what: string;
  readonly error: { readonly recovery: string; readonly code?: string; readonly details?: { readonly errno: number } };
  interrupt(database: MysqlTestDatabase, other: { query(sql: string): Promise<unknown> }): Promise<unknown>;
}

const interruptions: readonly Interruption[] = [
  { what: 'waiting too long', error: conflict(1205), interrupt: async () => {} },
  {
    what: 'a deadlock',
    error: conflict(1213),
    async interrupt(database, other) {
      await waiting(database);
      await other.query('SELECT 1 FROM items WHERE id = 1 FOR UPDATE');
    },
  },
  {
    what: 'the end of the connection',
    error: { recovery: 'retry' },
    interrupt: async (database) => database.query(`KILL ${await waiting(database)}`),
  },
];

describe.each(applyPaths())('a group that the server breaks off at $name', (path) => {
  it('a deadlock in the middle leaves nothing of it, and it goes through when it comes again', async () => {
    await using database = await createMysqlDatabase(path.server);
    await fill(database);
    await using sink = await openSink(database, path);
    await write(sink, transaction());
    const other = await database.connect();
    // The server gives up the transaction that has changed less.
    await other.query('START TRANSACTION');
    await other.query('DELETE FROM heavy');
    await other.query('UPDATE items SET id = id WHERE id = 2');
    await other.query('SELECT 1 FROM items WHERE id = 2 FOR UPDATE');
    const written = write(sink, group(), '0/2');
    const refused = expect(written).rejects.toMatchObject({ code: 'TRANSACTION_CONFLICT', recovery: 'retry' });
    await waiting(database);
    await other.query('SELECT 1 FROM items WHERE id = 1 FOR UPDATE');
    await refused;
    await other.query('ROLLBACK');
    expect(await notes(database)).toEqual(['old', 'old', 'old']);
    expect(await sink.reopen()).toMatchObject({ position: '0/1' });
    await write(sink, group(), '0/2');
    expect(await notes(database)).toEqual(['new', 'new', 'new', 'new', 'new']);
  });

  it('of a statement that the server gives up nothing stays, nor of those before it', async () => {
    await using database = await createMysqlDatabase(path.server);
    await fill(database);
    await using sink = await openSink(database, path);
    await write(sink, transaction());
    const other = await database.connect();
    await other.query('START TRANSACTION');
    await other.query('SELECT 1 FROM items WHERE id = 2 FOR UPDATE');
    const refused = expect(write(sink, group(), '0/2')).rejects.toMatchObject({ recovery: 'retry' });
    // As after waiting too long, the server takes back only this statement.
    await database.query(`KILL QUERY ${await waiting(database)}`);
    await refused;
    await other.query('ROLLBACK');
    expect(await notes(database)).toEqual(['old', 'old', 'old']);
    expect(await sink.reopen()).toMatchObject({ position: '0/1' });
    await write(sink, group(), '0/2');
    expect(await notes(database)).toEqual(['new', 'new', 'new', 'new', 'new']);
  });

  it('of a statement that waits too long for a row nothing stays, nor of those before it, as often as it comes again', async () => {
    await using database = await createMysqlDatabase(path.server);
    await fill(database);
    await using sink = sinkInto(database, { ...path.limits, rowPatience: 1 });
    await sink.open();
    await write(sink, transaction());
    const other = await database.connect();
    await other.query('START TRANSACTION');
    await other.query('SELECT 1 FROM items WHERE id = 2 FOR UPDATE');
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(write(sink, group(), '0/2')).rejects.toMatchObject(conflict(1205));
      expect(await notes(database)).toEqual(['old', 'old', 'old']);
      expect(await sink.reopen()).toMatchObject({ position: '0/1' });
    }
    await other.query('ROLLBACK');
    await write(sink, group(), '0/2');
    expect(await notes(database)).toEqual(['new', 'new', 'new', 'new', 'new']);
  });

  it.each(interruptions)(
    '$what behind the first part of a transaction leaves nothing of it',
    async ({ error, interrupt }) => {
      await using database = await createMysqlDatabase(path.server);
      await fill(database);
      await using sink = sinkInto(database, { ...path.limits, rowPatience: error.details?.errno === 1205 ? 1 : 50 });
      await sink.open();
      await write(sink, transaction());
      const other = await database.connect();
      await other.query('START TRANSACTION');
      await other.query('DELETE FROM heavy');
      await other.query('SELECT 1 FROM items WHERE id = 2 FOR UPDATE');
      const whole = group();
      const [first = [], rest = []] = [whole.changes.slice(0, 1), whole.changes.slice(1)];
      await sink.writePart(first, whole);
      const refused = expect(sink.writePart(rest, whole)).rejects.toMatchObject(error);
      await interrupt(database, other);
      await refused;
      await other.query('ROLLBACK');
      expect(await notes(database)).toEqual(['old', 'old', 'old']);
      expect(await sink.reopen()).toMatchObject({ position: '0/1' });
      await sink.writePart(first, whole);
      await sink.write(rest, '0/2');
      expect(await notes(database)).toEqual(['new', 'new', 'new', 'new', 'new']);
    },
  );
});
