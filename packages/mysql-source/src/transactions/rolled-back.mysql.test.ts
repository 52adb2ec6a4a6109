import { expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { OpenSource } from '../snapshot/copied-table.test-support.ts';

it.each(mysqlNames())(
  'what is rolled back in a transaction that has made a temporary table is left out: %s',
  async (name) => {
    await using database = await createMysqlDatabase(sharedMysql(name));
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    await using open = await OpenSource.on(database);
    const insert = (id: number) => `INSERT INTO t VALUES (${id})`;
    const temporary = 'CREATE TEMPORARY TABLE scratch (id int)';
    const connection = await database.connect();
    for (const sql of [
      ...[insert(1), 'BEGIN', insert(2), temporary, 'ROLLBACK'],
      ...['BEGIN', insert(3), 'SAVEPOINT `A`', insert(4), 'DROP TEMPORARY TABLE IF EXISTS scratch'],
      ...[temporary, 'ROLLBACK TO a', insert(5), 'SAVEPOINT b', insert(6), 'ROLLBACK TO b', insert(7), 'COMMIT'],
      ...['BEGIN', insert(8), 'DROP TEMPORARY TABLE IF EXISTS scratch', 'ROLLBACK', insert(9)],
    ])
      await connection.query(sql);
    const changes = await open.changes(5);
    expect(changes.map(({ image }) => image.after?.text(0))).toEqual(['1', '3', '5', '7', '9']);
  },
);
