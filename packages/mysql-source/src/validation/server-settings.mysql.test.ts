import { MysqlSession, resolveConnection } from '@millrace/mysql-client';
import { expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { readServerSettings } from './server-settings.ts';

it.each(mysqlNames())('%s says what it is and how it writes its log', async (name) => {
  await using database = await createMysqlDatabase(sharedMysql(name));
  const { url } = await database.createUser();
  await using session = await MysqlSession.open(resolveConnection(url), { applicationName: 'facts' });
  const { kind, version } = database.server;
  const facts = await readServerSettings(session);
  const [server] = await database.query<{ id: number; uuid: string }>(
    `SELECT @@server_id AS id, ${kind === 'mysql' ? '@@server_uuid' : '@@server_uid'} AS uuid`,
  );
  expect(facts).toEqual({
    kind,
    version,
    serverId: server?.id,
    uuid: server?.uuid,
    gtidMode: kind === 'mysql' ? 'ON' : null,
    log: {
      on: true,
      basename: expect.stringMatching(/\/binlog$/),
      format: 'ROW',
      rowImage: 'FULL',
      rowMetadata: 'FULL',
      expiry: kind === 'mysql' ? 2_592_000 : null,
      holdsReplicatedChanges: kind === 'mysql',
      holdsCascades: kind === 'mysql',
    },
    timeZone: '+00:00',
    systemTimeZone: 'UTC',
    readOnly: false,
    clockOffset: expect.any(Number),
  });
  expect(Math.abs(facts.clockOffset)).toBeLessThan(1_000);
});
