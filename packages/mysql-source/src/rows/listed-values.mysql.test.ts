import { expect, test } from 'vitest';
import { createMysqlDatabase, mysqlNames, startMysql } from '../../../../test/harness/index.ts';
import { OpenSource } from '../snapshot/copied-table.test-support.ts';

test.each(mysqlNames())(
  '%s: such values are an error where the log does not list them, and others are read',
  { timeout: 60_000 },
  async (name) => {
    await using server = await startMysql({ name, settings: { binlog_row_metadata: 'MINIMAL' } });
    await using database = await createMysqlDatabase(server);
    await database.query("CREATE TABLE t (id int PRIMARY KEY, one enum('🙂', 'b'), some set('🙂', 'x'))");
    await using open = await OpenSource.on(database);
    await database.query("INSERT INTO t VALUES (1, '🙂', '🙂,x'), (2, 'b', 'x')");
    const [shown, others] = (await open.changes(2)).map(({ image }) => image.after);
    const refused = { code: 'DECODE_FAILED', message: expect.stringContaining('binlog_row_metadata = FULL') };
    expect(() => shown?.text(1)).toThrow(expect.objectContaining(refused));
    expect(() => shown?.text(2)).toThrow(expect.objectContaining(refused));
    expect([others?.text(1), others?.text(2)]).toEqual(['b', 'x']);
  },
);

test.each(mysqlNames())(
  '%s: values of ENUM and SET with characters that its catalog cannot show, with binlog_row_metadata=FULL',
  { timeout: 60_000 },
  async (name) => {
    await using server = await startMysql({ name, settings: { binlog_row_metadata: 'FULL' } });
    await using database = await createMysqlDatabase(server);
    await database.query("CREATE TABLE t (id int PRIMARY KEY, one enum('🙂', '?'), some set('🙂', 'x'))");
    await using open = await OpenSource.on(database);
    await database.query("INSERT INTO t VALUES (1, '🙂', '🙂,x'), (2, '?', 'x')");
    const rows = (await open.changes(2)).map(({ image }) => [image.after?.text(1), image.after?.text(2)]);
    expect(rows).toEqual([
      ['🙂', '🙂,x'],
      ['?', 'x'],
    ]);
  },
);
