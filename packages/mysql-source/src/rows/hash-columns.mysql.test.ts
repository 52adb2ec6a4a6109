import { expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, startMysql } from '../../../../test/harness/index.ts';
import { OpenSource } from '../snapshot/copied-table.test-support.ts';

const servers = mysqlNames()
  .filter((name) => name !== 'mysql')
  .flatMap((name) => ['NO_LOG', 'FULL'].map((metadata) => ({ name, metadata })));

it.each(servers)(
  'unique keys that $name keeps by a hash make no columns, with binlog_row_metadata = $metadata',
  async ({ name, metadata }) => {
    await using server = await startMysql({ name, settings: { binlog_row_metadata: metadata } });
    await using database = await createMysqlDatabase(server);
    await database.query(`
      CREATE TABLE t (id int PRIMARY KEY, a text, b varchar(800), c int, UNIQUE (a), UNIQUE (b, c), UNIQUE (c) USING HASH);
      INSERT INTO t VALUES (1, 'x', 'y', 2)`);
    await using open = await OpenSource.on(database);
    await database.query(`
      INSERT INTO t VALUES (2, NULL, 'y', 3);
      UPDATE t SET a = 'z' WHERE id = 1;
      ALTER TABLE t ADD d bigint AFTER b, DROP INDEX a, ADD e text UNIQUE, ADD UNIQUE USING HASH (d);
      INSERT INTO t (id, d, e) VALUES (3, 9, 'e');
      DELETE FROM t WHERE id = 2`);
    const changes = await open.changes(4);
    const rows = changes.map(({ op, image: { before, after } }) => {
      const row = after ?? before;
      return [op, row?.relation.columns.map(({ name: column }, index) => [column, row.text(index)].join('=')).join()];
    });
    expect(rows).toEqual([
      ['insert', 'id=2,a=,b=y,c=3'],
      ['update', 'id=1,a=z,b=y,c=2'],
      ['insert', 'id=3,a=,b=,d=9,c=,e=e'],
      ['delete', 'id=2,a=,b=y,d=,c=3,e='],
    ]);
  },
);
