import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, startMysql } from '../../../../test/harness/index.ts';
import { crashDuring, remains } from '../continuity/crashed-server.test-support.ts';
import { OpenSource } from '../snapshot/copied-table.test-support.ts';

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
    expect(changes.map(({ image }) => image.after?.text(0))).toEqual(['1', '3', '6']);
    expect(await w.database.query('SELECT id FROM t')).toEqual([{ id: 1 }, { id: 3 }, { id: 6 }]);
  });
});
