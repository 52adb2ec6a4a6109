import type { Operation } from '@millrace/core';
import { resolveConnection } from '@millrace/mysql-client';
import { expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { validateSource } from './validate-source.ts';

const all: readonly Operation[] = ['insert', 'update', 'delete'];

it.each(mysqlNames())('%s: who copies what can be copied in no other way needs LOCK TABLES', async (name) => {
  await using database = await createMysqlDatabase(sharedMysql(name));
  const { kind } = database.server;
  await database.query(
    'CREATE TABLE keyed (id int PRIMARY KEY); CREATE TABLE bare (id int); CREATE TABLE part (t text, PRIMARY KEY (t(10)))',
  );
  const { url, name: user } = await database.createUser([`SELECT ON ${database.name}.*`]);
  const { signal } = new AbortController();
  const check = async (table: string, { operations = all, copies = true } = {}) => {
    const tables = [{ name: `${database.name}.${table}`, operations }];
    const context = { tables, copies, signal };
    const { items } = await validateSource({ connection: resolveConnection(url), applicationName: 'locks', context });
    return items.find(({ code, state }) => code === 'LOCK_TABLES_PRIVILEGE' && state === 'failed') ?? null;
  };
  expect(await check('bare', { copies: false })).toBeNull();
  expect(await check('keyed')).toBeNull();
  expect(await check('keyed', { operations: ['insert'] })).not.toBeNull();
  expect(await check('part')).not.toBeNull();
  const found = await check('bare');
  expect(found).toMatchObject({
    level: 'error',
    path: 'tables',
    fix: `GRANT LOCK TABLES ON \`${database.name}\`.* TO '${user}'@'%';`,
  });
  const role = `${database.name}_locks`;
  await database.query(
    `CREATE ROLE ${role}; GRANT LOCK TABLES ON ${database.name}.* TO ${role}; GRANT ${role} TO ${user};
     SET DEFAULT ROLE ${role} ${kind === 'mysql' ? 'TO' : 'FOR'} ${user}`,
  );
  expect(await check('bare')).toBeNull();
  await database.query(`DROP ROLE ${role}`);
  expect(await check('bare')).not.toBeNull();
  await database.query(found?.fix ?? '');
  expect(await check('bare')).toBeNull();
});
