import { chmod, chown, stat, writeFile } from 'node:fs/promises';
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { generate } from 'selfsigned';
import { expect, test } from 'vitest';
import { createDatabase, differences, startPostgres, type TestDatabase, uniqueName, until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

const certificate = () =>
  generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });

/** Makes a server take connections with TLS, too; resolves with its certificate. */
const offerTls = async (database: TestDatabase): Promise<string> => {
  const { cert, private: key } = await certificate();
  const [row] = await database.query<{ data_directory: string }>('SHOW data_directory');
  const directory = row?.data_directory ?? '';
  const { uid, gid } = await stat(directory);
  const own = async (name: string, content: string) => {
    await writeFile(`${directory}/${name}`, content);
    await chmod(`${directory}/${name}`, 0o600);
    await chown(`${directory}/${name}`, uid, gid);
  };
  await own('server.crt', cert);
  await own('server.key', key);
  await database.query('ALTER SYSTEM SET ssl = on');
  await database.query('SELECT pg_reload_conf()');
  const isOn = async () => (await database.query<{ ssl: string }>('SHOW ssl'))[0]?.ssl === 'on';
  await until(isOn, { describe: 'TLS to be offered' });
  return cert;
};

test('a stream lives with TLS, whose certificates are checked', { timeout: 60_000 }, async () => {
  await using server = await startPostgres();
  await using source = await createDatabase(server);
  await using target = await createDatabase(server);
  await source.query(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT g, repeat('x', g) FROM generate_series(1, 2000) g",
  );
  const ca = await offerTls(source);
  const connected = (database: TestDatabase) => {
    const { hostname: host, port, pathname, username: user, password } = new URL(database.url);
    return { host, port: Number(port), database: pathname.slice(1), user, password, ssl: { ca } };
  };
  const streamOf = (connection: ReturnType<typeof connected>, to: typeof connection) =>
    createStream({
      id: 'tls',
      source: postgresSource({ connection, slot: uniqueName('slot'), publication: 'tls' }),
      sink: postgresSink({ connection: to }),
    });
  const [from, to] = [connected(source), connected(target)];
  await using stream = streamOf(from, to);
  await stream.start();
  await live(stream);
  const [plain] = await source.query<{ count: number }>(
    "SELECT count(*)::int FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE NOT ssl AND application_name LIKE 'millrace%'",
  );
  expect(plain).toEqual({ count: 0 });
  // Messages that take many records of TLS, and many messages in one record.
  await source.query(
    "UPDATE t SET v = v || 'y'; INSERT INTO t VALUES (0, repeat('z', 5000000)); DELETE FROM t WHERE id = 1",
  );
  await until(async () => (await target.query('SELECT FROM t WHERE id = 1')).length === 0, {
    describe: 'the deletion',
  });
  expect(await differences(source, target, ['t'])).toEqual([]);
  await using unknown = streamOf({ ...from, ssl: { ca: (await certificate()).cert } }, to);
  await expect(unknown.start()).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
});
