import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { openSockets } from '../../packages/testkit/src/leaks/index.ts';
import { childProcesses, isRunning } from '../../packages/testkit/src/processes/index.ts';
import { createDatabase, type PostgresServer } from '../../packages/testkit/src/servers/index.ts';
import { until } from '../../packages/testkit/src/waiting/index.ts';
import { postgresVersions } from './shared-postgres.ts';
import { startPostgres } from './start-postgres.ts';
import { startProgram } from './start-program.ts';

async function query(server: PostgresServer, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

describe.each(postgresVersions())('a private PostgreSQL %i', (version) => {
  it('is of that version, durable, and ready for logical decoding', async () => {
    await using server = await startPostgres({ version, settings: { work_mem: '5MB', 'millrace.test': "it's" } });
    const names = ['server_version_num', 'wal_level', 'fsync', 'work_mem', 'millrace.test', 'timezone'];
    const [settings] = await query(
      server,
      `SELECT ${names.map((name) => `current_setting('${name}')`).join(" || ' ' || ")} AS all`,
    );
    expect(settings).toEqual({
      all: expect.stringMatching(new RegExp(`^${version}00\\d\\d logical on 5MB it's UTC$`)),
    });
  });

  it.each(['kill', 'fast', 'immediate'] as const)('keeps what was committed across %s', async (end) => {
    await using server = await startPostgres({ version });
    await query(server, 'CREATE TABLE t AS SELECT 1 AS a');
    const open = new pg.Client({ connectionString: server.url() });
    const lost = new Promise((resolve) => open.once('end', resolve));
    open.on('error', () => {});
    await open.connect();
    await open.query('BEGIN; INSERT INTO t VALUES (2)');
    const { pid, port } = server;
    const processes = [pid, ...childProcesses(pid)];
    if (end === 'kill') {
      await server.kill();
      expect(processes.filter(isRunning)).toEqual([]);
      await server.start();
    } else {
      await server.restart(end);
    }
    await lost;
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
    expect(await query(server, 'TABLE t')).toEqual([{ a: 1 }]);
    const recovered = /automatic recovery in progress/.test(await server.log());
    expect(recovered).toBe(end !== 'fast');
  });
});

const statesOf = (processes: readonly number[]): ReadonlySet<string | undefined> =>
  new Set(processes.map((pid) => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));

describe('private servers', () => {
  it('stand still while they are frozen, and go on when they are thawed or stopped', async () => {
    await using server = await startPostgres();
    await using database = await createDatabase(server);
    await database.query('SELECT 1');
    await server.freeze();
    const processes = [server.pid, ...childProcesses(server.pid)];
    expect(processes.length).toBeGreaterThan(3);
    expect(statesOf(processes)).toEqual(new Set(['T']));
    const answer = database.query('SELECT 2 AS a');
    server.thaw();
    expect(await answer).toEqual([{ a: 2 }]);
    await server.freeze();
    await server.restart('fast');
    expect(await query(server, 'SELECT 3 AS a')).toEqual([{ a: 3 }]);
  });

  it('differ in port and system identifier', async () => {
    await using first = await startPostgres();
    await using second = await startPostgres();
    const identifier = 'SELECT system_identifier FROM pg_control_system()';
    expect(first.port).not.toBe(second.port);
    expect(await query(first, identifier)).not.toEqual(await query(second, identifier));
  });

  it('leave nothing behind when stopped, running or killed', async () => {
    const sockets = openSockets();
    for (const end of ['run', 'kill'] as const) {
      const server = await startPostgres();
      await (await createDatabase(server))[Symbol.asyncDispose]();
      if (end === 'kill') await server.kill();
      await server.stop();
      await server.stop();
      expect(existsSync(server.dataDirectory)).toBe(false);
    }
    await until(() => openSockets() === sockets, { describe: 'sockets to be closed' });
  });

  it('say why they did not start', async () => {
    await expect(startPostgres({ settings: { shared_buffers: 'much' } })).rejects.toThrow('shared_buffers');
  });

  it.each(['running', 'frozen'])(
    'are gone, with their files, when the process that started them is killed: %s',
    async (state) => {
      await using owner = await startProgram(new URL('programs/server-owner.ts', import.meta.url), { args: [state] });
      const { pid, dataDirectory } = await owner.message<{ pid: number; dataDirectory: string }>('started');
      const processes = [pid, ...childProcesses(pid)];
      expect(processes.length).toBeGreaterThan(3);
      owner.kill('SIGKILL');
      await owner.exited;
      await until(() => !processes.some(isRunning), { describe: 'end of the server' });
      await until(() => !existsSync(dataDirectory), { describe: 'removal of the data directory' });
    },
  );
});
