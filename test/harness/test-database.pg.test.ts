import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createDatabase, uniqueName } from '../../packages/testkit/src/servers/index.ts';
import { postgresVersions, sharedPostgres } from './shared-postgres.ts';

describe.each(postgresVersions())('a test database of PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);
  const names = (database: string): Promise<unknown[]> => leftOf(server.url(), database);

  it('is empty, runs SQL and is gone when disposed of', async () => {
    const database = await createDatabase(server);
    const tables = await database.query("SELECT * FROM pg_tables WHERE schemaname = 'public'");
    expect(tables).toEqual([]);
    expect(await database.query('SELECT $1::int + 1 AS sum', [1])).toEqual([{ sum: 2 }]);
    expect(await names(database.name)).toEqual([{ name: database.name }]);
    await database[Symbol.asyncDispose]();
    expect(await names(database.name)).toEqual([]);
  });

  it('takes its slots, the streams from them and its prepared transactions with it', async () => {
    const slot = uniqueName('slot');
    const database = await createDatabase(server);
    await database.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
    await database.query('CREATE TABLE t (a int)');
    await database.query(`BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '${slot}'`);
    const publication = uniqueName('publication');
    await database.query(`CREATE PUBLICATION ${publication} FOR ALL TABLES`);
    const stream = new pg.Client({ connectionString: `${database.url}?replication=database` });
    const lost = new Promise((resolve) => stream.on('error', resolve));
    await stream.connect();
    const options = `(proto_version '1', publication_names '${publication}')`;
    const streaming = new Promise<void>((resolve) => stream.connection.once('replicationStart', () => resolve()));
    stream.query(`START_REPLICATION SLOT ${slot} LOGICAL 0/0 ${options}`).catch(() => {});
    await streaming;
    await database[Symbol.asyncDispose]();
    await lost;
    expect(await names(database.name)).toEqual([]);
    expect(await names(slot)).toEqual([]);
  });
});

async function leftOf(url: string, name: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const text = `SELECT datname AS name FROM pg_database WHERE datname = $1
    UNION ALL SELECT slot_name FROM pg_replication_slots WHERE slot_name = $1
    UNION ALL SELECT gid FROM pg_prepared_xacts WHERE gid = $1`;
  const { rows } = await client.query(text, [name]);
  await client.end();
  return rows;
}
