import { describe, expect, test } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  mysqlNames,
  nodeBinary,
  sharedMysql,
  sharedPostgres,
  startProgram,
  until,
} from './harness/index.ts';

describe.each(mysqlNames())('from %s', (name) => {
  test.each([
    [20, process.execPath],
    [22, nodeBinary(22)],
    [24, nodeBinary(24)],
  ])(
    'the built packages run a stream on Node %i, imported and required',
    { timeout: 60_000 },
    async (version, node) => {
      await using source = await createMysqlDatabase(sharedMysql(name));
      await using target = await createDatabase(sharedPostgres());
      await source.query('CREATE TABLE users (id int PRIMARY KEY, email varchar(50))');
      const args = [source.url, target.url, `node-${version}`];
      for (const [id, program] of ['mysql-imported.mjs', 'mysql-required.cjs'].entries()) {
        await using child = await startProgram(new URL(`node-versions/${program}`, import.meta.url), { args, node });
        await child.message('running');
        await source.query(`INSERT INTO users VALUES (${id}, 'somebody')`);
        await until(async () => (await target.query('SELECT FROM users WHERE id = $1', [id])).length === 1, {
          describe: 'the row',
        });
        await child.send('stop');
        expect(await child.exited).toEqual({ code: 0, signal: null });
      }
    },
  );
});
