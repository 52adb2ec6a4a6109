import { MysqlSession } from '@millrace/mysql-client';
import { expect, it } from 'vitest';
import { createMysqlDatabase, startMysql } from '../../../../test/harness/index.ts';
import { readServerFacts } from '../continuity/server-facts.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';
import { resolveOptions } from '../source-options.ts';
import { readLogEnd } from './log-end.ts';

it('a transaction of another server that is still being applied is no part of what was seen', async () => {
  await using server = await startMysql({ name: 'mysql' });
  await using database = await createMysqlDatabase(server);
  await database.query('CREATE TABLE t (id int PRIMARY KEY)');
  const { connection } = resolveOptions({ connection: database.url });
  await using session = await MysqlSession.open(connection, { applicationName: 'test' });
  const facts = await readServerFacts(session);
  const applier = await database.connect();
  const foreign = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
  await applier.query(`SET gtid_next = '${foreign}:5'`);
  await applier.query('BEGIN');
  await applier.query('INSERT INTO t VALUES (1)');
  expect(await readLogEnd(session, facts)).not.toContain(foreign);
  await applier.query('COMMIT');
  const end = BinlogPosition.parse(await readLogEnd(session, facts));
  expect(end.has(`${foreign}:5`)).toBe(true);
});
