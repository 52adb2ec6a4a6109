import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlProcess,
  mysqlNames,
  sharedMysql,
  until,
} from '../../../../test/harness/index.ts';
import { OpenSource } from './copied-table.test-support.ts';

describe.each(mysqlNames())('tables of %s without a key', (name) => {
  it('are locked for a moment only, and need the privilege for it', async () => {
    await using database = await createMysqlDatabase(sharedMysql(name));
    await database.query("CREATE TABLE t (n int, v varchar(4000)); INSERT INTO t VALUES (1, 'a'), (1, 'a')");
    const monitor = name === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR';
    const user = await database.createUser([
      `SELECT ON ${database.name}.*`,
      `REPLICATION SLAVE, ${monitor}, RELOAD ON *.*`,
    ]);
    await using open = await OpenSource.on({ ...database, url: user.url });
    await expect(open.copy(`${database.name}.t`)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      hint: expect.stringContaining(`GRANT LOCK TABLES ON \`${database.name}\`.*`),
    });
    await database.query(`GRANT LOCK TABLES ON ${database.name}.* TO ${user.name}`);
    const chunks = await open.copy(`${database.name}.t`);
    expect(chunks.flatMap(({ rows }) => [...rows].map((row) => row.toObject()))).toEqual([
      { n: 1, v: 'a' },
      { n: 1, v: 'a' },
    ]);
  });

  it('wait for those who write to them, and are as they are then; rows that come later wait for nobody', async () => {
    await using database = await createMysqlDatabase(sharedMysql(name));
    await database.query(
      `CREATE TABLE t (n int, v text); INSERT INTO t VALUES ${'(1, repeat("x", 3000)),'.repeat(2_000)} (2, 'last')`,
    );
    await using open = await OpenSource.on(database);
    const writer = await database.connect();
    await writer.query('BEGIN');
    await writer.query("INSERT INTO t VALUES (3, 'open')");
    const table = `${database.name}.t`;
    const { signal } = open.abort;
    const copying = open.source.copyExactly?.({ table, maxBytes: 50_000 }, signal)[Symbol.asyncIterator]();
    const first = copying?.next();
    const isLock = ({ db, statement }: MysqlProcess) => db === database.name && statement.startsWith('LOCK TABLES');
    await until(async () => (await database.processes()).some(isLock), { describe: 'the lock' });
    await writer.query('COMMIT');
    const begun = await first;
    // Not all of it has been read, and nobody waits.
    await writer.query("INSERT INTO t VALUES (4, 'later')");
    const counts = new Map<number, number>();
    for (let chunk = begun; chunk?.done === false; chunk = await copying?.next())
      for (const row of chunk.value.rows) counts.set(Number(row.text(0)), (counts.get(Number(row.text(0))) ?? 0) + 1);
    expect([...counts]).toEqual([
      [1, 2_000],
      [2, 1],
      [3, 1],
    ]);
  });

  it.each(['PRIMARY KEY (t(3))', 'UNIQUE (t(3))'])(
    'or with %s alone are copied so: no index has their rows in order',
    async (key) => {
      await using database = await createMysqlDatabase(sharedMysql(name));
      await database.query(
        `CREATE TABLE t (t varchar(20) NOT NULL, ${key}); INSERT INTO t VALUES ('abcd'), ('abd'), ('Äxc'), ('')`,
      );
      await using open = await OpenSource.on(database);
      const table = `${database.name}.t`;
      expect((await open.source.planCopy?.(table, 2, open.abort.signal))?.ranges).toBeNull();
      const chunks = await open.copy(table, { maxBytes: 1 });
      expect(chunks.flatMap(({ rows }) => [...rows].map((row) => row.text(0))).sort()).toEqual([
        '',
        'abcd',
        'abd',
        'Äxc',
      ]);
    },
  );
});
