import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlServer,
  type MysqlTestDatabase,
  mysqlNames,
  startMysql,
  until,
} from '../../../../test/harness/index.ts';
import { holdCommit } from '../continuity/held-commit.test-support.ts';
import { OpenSource } from './copied-table.test-support.ts';

/** More than are asked by whoever does not wait. */
const manyQuestions = 150;

/**
 * Resolves once what is read has come, or waits: in a statement that hangs, or by asking the server for the same again and
 * again. True: it waits.
 */
const isWaiting = async (reading: Promise<unknown>, database: MysqlTestDatabase): Promise<boolean> => {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  reading.then(end, end);
  let own = 0;
  const asked = async () => {
    const [row] = await database.query<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Questions'");
    return Number(row?.Value) - own++;
  };
  const hangs = async () => {
    own++;
    return (await database.processes()).some(({ statement }) => statement === 'FLUSH LOCAL BINARY LOGS');
  };
  const before = await asked();
  const waits = async () => isOver || (await asked()) > before + manyQuestions || (await hangs());
  await until(waits, { describe: 'what is read, or a wait', timeout: 20_000 });
  return !isOver;
};

const withoutGtids = { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' };
const servers = mysqlNames().flatMap((name) => [
  { title: name, name, settings: {}, hasGtids: true },
  ...(name === 'mysql' ? [{ title: 'MySQL without GTIDs', name, settings: withoutGtids, hasGtids: false }] : []),
]);

describe.each(servers)(
  'while a commit of $title hangs between the log and the engine',
  ({ name, settings, hasGtids }) => {
    let server: MysqlServer;

    beforeAll(async () => {
      server = await startMysql({ name, settings });
    });
    afterAll(() => server?.stop());

    it('rows that it changed are not read once more', async () => {
      await using database = await createMysqlDatabase(server);
      const table = `${database.name}.t`;
      await database.query("CREATE TABLE t (id int PRIMARY KEY, v varchar(10)); INSERT INTO t VALUES (1, 'one')");
      await using open = await OpenSource.on(database);
      // What MariaDB shows is certain at the end of a transaction.
      await database.query("INSERT INTO t VALUES (3, 'three')");
      await using held = await holdCommit(database, 'UPDATE t SET id = 2 WHERE id = 1');
      const changes = await open.changes(2);
      const keys = changes.flatMap(({ op, image }) => (op === 'update' ? (image.after ?? []) : []));
      const transactions = changes.flatMap(({ transaction }) => transaction ?? []);
      const reading = open.source.reselect?.({ table, keys, transactions }, open.abort.signal) ?? Promise.reject();
      expect(await isWaiting(reading, database)).toBe(true);
      await held.release();
      expect((await reading).rows.map((row) => row.toObject())).toEqual([{ id: 2, v: 'one' }]);
    });

    it('chunks are not read up to a position without it', async () => {
      await using database = await createMysqlDatabase(server);
      const table = `${database.name}.t`;
      await database.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
      await using open = await OpenSource.on(database);
      await using held = await holdCommit(database, 'INSERT INTO t VALUES (2)');
      const reading = open.copy(table);
      // Others say by a place of the log what it holds, whether or not it can be seen.
      const waits = await isWaiting(reading, database);
      expect(waits).toBe(name === 'mysql' && hasGtids);
      await held.release();
      const [change] = await open.changes(1);
      const [chunk] = await reading;
      expect(change?.image.after?.toObject()).toEqual({ id: 2 });
      expect(open.source.compare(chunk?.through ?? '', change?.transaction?.position ?? '')).toBe(1);
    });
  },
);
