import { expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, startMysql } from '../../../../test/harness/index.ts';
import { OpenSource } from '../snapshot/copied-table.test-support.ts';

const servers = mysqlNames()
  .filter((name) => name !== 'mysql')
  .flatMap((name) => ['NO_LOG', 'FULL'].map((metadata) => ({ name, metadata })));

it.each(servers)(
  'numbers that a sequence of $name has given out are no rows of a table, with binlog_row_metadata = $metadata',
  async ({ name, metadata }) => {
    await using server = await startMysql({ name, settings: { binlog_row_metadata: metadata } });
    await using database = await createMysqlDatabase(server);
    await database.query('CREATE SEQUENCE numbers; CREATE TABLE t (id bigint PRIMARY KEY DEFAULT nextval(numbers))');
    await using open = await OpenSource.on(database);
    await database.query(
      'INSERT INTO t VALUES (); CREATE SEQUENCE others; SELECT nextval(others), setval(numbers, 70); INSERT INTO t VALUES ()',
    );
    const changes = await open.changes(2);
    expect(changes.map(({ table, image }) => [table, image.after?.text(0)])).toEqual([
      [`${database.name}.t`, '1'],
      [`${database.name}.t`, '71'],
    ]);
  },
);
