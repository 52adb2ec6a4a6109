import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresUrl,
  postgresVersions,
  sharedPostgres,
  startPostgres,
  type TestDatabase,
  uniqueName,
} from '../../../../test/harness/index.ts';
import { relationOf, transaction } from '../testing/changes.ts';
import { disableTriggers, openSinkSession } from './sink-session.ts';
import { SinkUnderTest } from './testing/sink-under-test.ts';

const hostile: Readonly<Record<string, string>> = {
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kolkata',
  extra_float_digits: '-3',
  bytea_output: 'escape',
  array_nulls: 'off',
  xmloption: 'document',
  search_path: 'elsewhere, public',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
  statement_timeout: '1',
  lock_timeout: '1',
  idle_in_transaction_session_timeout: '1',
  standard_conforming_strings: 'off',
  row_security: 'on',
};

const values = relationOf({
  table: 'values',
  columns: [
    'id integer!',
    'ts timestamp without time zone',
    'tz timestamp with time zone',
    'd date',
    'i interval',
    'f double precision',
    'r real',
    'b bytea',
    'a text[]',
    'x xml',
    't text',
    'n numeric',
    'c regclass',
  ],
  key: ['id'],
});
const row = {
  id: 1,
  ts: '2024-02-03 04:05:06.000007',
  tz: '2024-02-03 04:05:06.000007+00',
  d: '2024-02-03',
  i: '-1 days +02:03:04.000005',
  f: '0.30000000000000004',
  r: '1.1754944e-38',
  b: '\\x00ff5c27',
  a: '{NULL,"NULL","a\\"b\\\\c"}',
  x: 'text <b/> only',
  t: "back\\slash ' quote \n \u{1F600}",
  n: '12345678901234567890.123456789',
  c: 'pg_class',
};

describe.each(postgresVersions())('sessions on PostgreSQL %i', (version) => {
  it('pin every setting that values and outcomes depend on, whatever server, database and role say', async () => {
    await using server = await startPostgres({
      version,
      settings: Object.fromEntries(Object.entries(hostile).filter(([name]) => !/timeout|read_only/.test(name))),
    });
    await using database = await createDatabase(server);
    await database.query(
      'SET search_path = public; SET standard_conforming_strings = on; SET default_transaction_read_only = off',
    );
    const role = uniqueName('role');
    await database.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'secret'`);
    for (const [name, value] of Object.entries(hostile)) {
      await database.query(
        `ALTER DATABASE ${database.name} SET ${name} = ${name === 'search_path' ? value : `'${value}'`}`,
      );
      await database.query(`ALTER ROLE ${role} SET ${name} = ${name === 'search_path' ? value : `'${value}'`}`);
    }
    const url = new URL(database.url);
    Object.assign(url, { username: role, password: 'secret' });
    await using sink = new SinkUnderTest({ connection: url.href });
    await sink.start([values]);
    await sink.write(transaction().insert(values, row).changes);
    await sink.write(transaction('0/2').update(values, { ...row, id: 2 }, { id: 1 }).changes, '0/2');
    await database.query(
      "SET datestyle = ISO; SET intervalstyle = postgres; SET timezone = 'UTC'; SET extra_float_digits = 3; SET bytea_output = hex",
    );
    const list = values.columns.map(({ name }) => `${name}::text`).join(', ');
    expect(await database.query(`SELECT ${list} FROM public.values`)).toEqual([{ ...row, id: '2' }]);
    expect(sink.events).toEqual([]);
    const { signal } = new AbortController();
    await sink.sink.deleteCheckpoint?.('test', signal);
    expect(await sink.sink.readCheckpoint?.('test', signal)).toBeNull();
  });

  it('are given up by the server soon after their process is gone, and commit as durably as the server is set to', async () => {
    await using database = await createDatabase(sharedPostgres(version));
    await database.query(`ALTER DATABASE ${database.name} SET synchronous_commit = remote_apply`);
    const { signal } = new AbortController();
    const options = { connection: database.url, streamId: 'test', signal, idleTransactionTimeout: 60_000 };
    await using session = await openSinkSession(options);
    expect(await disableTriggers(session, signal)).toBe(true);
    const { rows } = await session.query(
      `SELECT name || ' = ' || setting AS setting FROM pg_settings
       WHERE name ~ '^(tcp_|idle_in|synchronous_commit|session_replication|application_name)' ORDER BY name`,
    );
    expect(rows.map(({ setting }) => setting)).toEqual([
      'application_name = millrace test',
      'idle_in_transaction_session_timeout = 60000',
      'session_replication_role = replica',
      'synchronous_commit = remote_apply',
      'tcp_keepalives_count = 3',
      'tcp_keepalives_idle = 10',
      'tcp_keepalives_interval = 5',
      'tcp_user_timeout = 25000',
    ]);
  });
});

const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const authenticated = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);

/** The parameters of a startup packet. */
const startupOf = (packet: Buffer): ReadonlyMap<string, string> => {
  const parts = packet.subarray(8).toString().split('\0');
  return new Map(parts.flatMap((name, at) => (at % 2 === 0 && name !== '' ? [[name, parts[at + 1] ?? '']] : [])));
};

/**
 * A pooler in transaction mode, as far as it matters: it answers the startup itself, and each exchange goes to the
 * next of its server connections, which were opened with or without the client's startup options.
 */
const startPooler = async (database: TestDatabase, keepOptions: boolean, connections: number) => {
  const open = async (client: Socket, startup: ReadonlyMap<string, string>): Promise<Duplex> => {
    const options = keepOptions ? startup.get('options') : undefined;
    const server = await database.connect(options === undefined ? {} : { options });
    const { stream } = server.connection;
    stream.removeAllListeners('data').on('data', (data: Buffer) => client.write(data));
    client.on('close', () => stream.destroy());
    return stream;
  };
  const listener = createServer((client) => {
    client.on('error', () => {});
    client.once('data', async (packet: Buffer) => {
      client.pause();
      const startup = startupOf(packet);
      const servers = await Promise.all(Array.from({ length: connections }, () => open(client, startup)));
      let turn = 0;
      client.on('data', (data) => servers[turn++ % servers.length]?.write(data));
      client.write(Buffer.concat([authenticated, ready]));
      client.resume();
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, [Symbol.asyncDispose]: async () => void listener.close() };
};

describe('a pooler in transaction mode is refused', () => {
  const server = sharedPostgres();
  const codeThrough = async (keepOptions: boolean, connections: number) => {
    await using database = await createDatabase(server);
    await using pooler = await startPooler(database, keepOptions, connections);
    const url = postgresUrl({ host: '127.0.0.1', port: pooler.port }, database.name);
    await using sink = new SinkUnderTest({ connection: url });
    const error = await sink.open().catch((reason) => reason);
    const report = await sink.sink.validate(sink.context());
    expect(report.items.find(({ state }) => state === 'failed')?.code).toBe(error.code);
    return error.code;
  };

  it('because settings do not arrive', async () => {
    expect(await codeThrough(false, 1)).toBe('POOLER_NOT_SUPPORTED');
  });

  it('because statements of one session run in two processes', async () => {
    expect(await codeThrough(true, 2)).toBe('POOLER_NOT_SUPPORTED');
  });
});
