import type { Change } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, startMysql, until } from '../../../../test/harness/index.ts';
import {
  crashDuring,
  cutTransaction,
  logFilesOf,
  loseTransaction,
  remains,
} from '../continuity/crashed-server.test-support.ts';
import { contextOf, OpenSource } from '../snapshot/copied-table.test-support.ts';

const ids = (changes: readonly Change[]) => changes.map(({ image }) => image.after?.text(0));
const inserts = (...ids: readonly number[]) => `INSERT INTO t VALUES ${ids.map((id) => `(${id})`)}`;

describe.each(mysqlNames())('the log of %s that crashed while it wrote a transaction', (name) => {
  const prepare = async () => {
    const server = await startMysql({ name });
    const database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    return { server, database, [Symbol.asyncDispose]: () => server.stop() };
  };

  it.each(remains)('is read on behind what is left of it: %s', async (left) => {
    await using w = await prepare();
    await using open = await OpenSource.on(w.database);
    await w.database.query(inserts(1));
    await crashDuring(w.server, w.database, inserts(2), left);
    await w.database.query(inserts(3));
    await crashDuring(w.server, w.database, inserts(4, 5), left);
    await w.database.query(inserts(6));
    const changes = await open.changes(3);
    expect(ids(changes)).toEqual(['1', '3', '6']);
    expect(await w.database.query('SELECT id FROM t')).toEqual([{ id: 1 }, { id: 3 }, { id: 6 }]);
  });

  it.each([
    ['large', (table: string) => `INSERT INTO t SELECT seq + 10 FROM ${table}`],
    ['one that makes a table', (table: string) => `CREATE TABLE made AS SELECT seq AS id FROM ${table}`],
  ])('is given up when a part of it is out, and read on at the next connection: %s', async (_, statement) => {
    await using w = await prepare();
    await w.database.query('CREATE TABLE seq (seq int PRIMARY KEY)');
    const numbers = Array.from({ length: 3_000 }, (_, id) => `(${id})`);
    await w.database.query(`INSERT INTO seq VALUES ${numbers}`);
    await using open = await OpenSource.on(w.database, { batch: { maxChanges: 500 } });
    await w.database.query(inserts(1));
    await crashDuring(w.server, w.database, statement('seq'), 'whole events');
    await w.database.query(inserts(3));
    if (name !== 'mysql') {
      // The row before is not enough: what is behind it is waited for.
      await expect(open.changes(10_000)).rejects.toMatchObject({ code: 'TRANSACTION_CUT_OFF', recovery: 'retry' });
      await open.source.close();
      await open.source.open(contextOf(open.abort.signal));
    }
    expect(ids(await open.changes(2))).toEqual(['1', '3']);
  });

  it.each(remains)('is found by time behind what is left of it: %s', async (left) => {
    await using w = await prepare();
    await w.database.query(inserts(1));
    const second = () => Math.floor(Date.now() / 1_000) * 1_000;
    let timestamp = 0;
    await crashDuring(w.server, w.database, inserts(2), left, async () => {
      // The log of MariaDB says the second only, and this one lies before the next file.
      const crashed = second();
      await until(() => second() > crashed, { describe: 'a later second' });
      timestamp = second();
    });
    for (const id of [3, 4, 5]) await w.database.query(inserts(id));
    await using open = await OpenSource.on(w.database, {}, { timestamp });
    expect(ids(await open.changes(3))).toEqual(['3', '4', '5']);
  });

  it.runIf(name !== 'mysql').each(remains)('is read on behind a place without GTIDs: %s', async (left) => {
    await using w = await prepare();
    const [head] = await w.database.query<{ File: string; Position: number }>('SHOW MASTER STATUS');
    await w.database.query(inserts(1));
    await crashDuring(w.server, w.database, inserts(2), left);
    await w.database.query(inserts(3));
    await using open = await OpenSource.on(w.database, {}, { position: `${head?.File}:${head?.Position}` });
    expect(ids(await open.changes(2))).toEqual(['1', '3']);
  });

  it.runIf(name !== 'mysql').each([
    ['whole events', 'LOG_OUT_OF_ORDER'],
    ['an event that is cut off', 'BINLOG_CUT_OFF'],
  ] as const)('is not taken for one that was lost otherwise: %s', async (left, code) => {
    await using w = await prepare();
    await using open = await OpenSource.on(w.database);
    await w.database.query(inserts(1));
    await w.database.query('FLUSH BINARY LOGS');
    await w.database.query(inserts(2));
    await w.server.shutdown();
    await cutTransaction((await logFilesOf(w.server))[0] ?? '', left);
    await w.server.start();
    await expect(open.changes(2)).rejects.toMatchObject({ code, recovery: 'recover' });
  });

  it.runIf(name !== 'mysql')(
    'is not read on when transactions that were read are lost, their GTIDs given to others',
    async () => {
      await using w = await prepare();
      await using open = await OpenSource.on(w.database);
      await w.database.query(inserts(1));
      await w.database.query(inserts(2));
      await open.changes(2);
      await open.source.close();
      await w.server.kill();
      await loseTransaction(w.server);
      await w.server.start();
      for (const id of [3, 4]) await w.database.query(inserts(id));
      const { signal } = open.abort;
      await open.source.open(contextOf(signal));
      const changed = { code: 'SOURCE_CHANGED', recovery: 'recover' };
      await expect(open.source.changes(open.reached, signal, 'no history')).rejects.toMatchObject(changed);
    },
  );
});
