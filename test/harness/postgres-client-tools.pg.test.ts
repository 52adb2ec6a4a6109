import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type PostgresServer } from '../../packages/testkit/src/servers/index.ts';
import { clientTool } from './postgres-client-tools.ts';
import { startPostgres } from './start-postgres.ts';

const run = promisify(execFile);

describe('PostgreSQL client tools', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres();
  });

  afterAll(() => server.stop());

  it.each([
    ['psql', ['-At', '-c', 'SELECT a + 1 FROM t'], /^2\n$/],
    ['pg_dump', ['--table=t'], /CREATE TABLE public\.t/],
    ['pgbench', ['--initialize', '--quiet'], /^$/],
  ] as const)('run %s', { timeout: 300_000 }, async (name, args, output) => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t AS SELECT 1 AS a');
    const tool = await clientTool(name);
    const { stdout } = await run(tool.file, [
      ...tool.args,
      ...args,
      ...(name === 'pgbench' ? [] : ['-d']),
      database.url,
    ]);
    expect(stdout).toMatch(output);
  });
});
