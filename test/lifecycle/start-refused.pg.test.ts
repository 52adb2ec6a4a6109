import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { createDatabase, sharedPostgres, startPostgres, uniqueName, until } from '../harness/index.ts';

test('start reports every problem of source and target at once, creates nothing on either side, and tells no secret', async () => {
  await using server = await startPostgres({ settings: { wal_level: 'replica' } });
  await using source = await createDatabase(server);
  await using target = await createDatabase(sharedPostgres());
  const role = uniqueName('role');
  await source.query(
    `CREATE ROLE ${role} LOGIN PASSWORD 'sesame'; CREATE TABLE keyless (id int); CREATE TABLE users (id int PRIMARY KEY, email text)`,
  );
  await target.query(`CREATE ROLE ${role} LOGIN PASSWORD 'sesame'; CREATE TABLE users (id int, email text);
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()`);
  const as = (url: string) => {
    const changed = new URL(url);
    changed.username = role;
    changed.password = 'sesame';
    return changed.href;
  };
  const stream = createStream({
    id: 'refused',
    source: postgresSource({ connection: as(source.url) }),
    sink: postgresSink({ connection: as(target.url) }),
    tables: ['public.keyless', 'public.users', 'public.missing'],
  });
  const error = await stream.start().then(
    () => null,
    (reason) => reason,
  );
  expect(error).toMatchObject({ code: 'VALIDATION_FAILED' });
  const codes = new Set(error.details.items.map(({ code }: { code: string }) => code));
  const expected = [
    'WAL_LEVEL',
    'NOT_REPLICATION_ROLE',
    'TABLE_MISSING',
    'NO_REPLICA_IDENTITY',
    'TARGET_KEY_MISSING',
    'TRIGGERS_NOT_OFF',
    'PERMISSION_DENIED',
  ];
  expect([...codes]).toEqual(expect.arrayContaining(expected));
  expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`).not.toContain('sesame');
  expect(stream.status).toBe('not-started');
  expect(await source.query('SELECT pubname FROM pg_publication')).toEqual([]);
  expect(await target.query("SELECT nspname FROM pg_namespace WHERE nspname = 'millrace'")).toEqual([]);
  // The application's own statements still work.
  await source.query('INSERT INTO keyless VALUES (1); UPDATE keyless SET id = 2; DELETE FROM keyless');
  await source.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await target.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

test('while slot creation waits for open transactions the state names them, and stop ends it at once', {
  timeout: 60_000,
}, async () => {
  await using world = await bankWorld();
  const blocker = await world.source.connect();
  await blocker.query('BEGIN; SELECT pg_current_xact_id()');
  const { rows } = await blocker.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await using stream = bankStream({ source: world.source.url, target: world.target.url, slot: world.slot });
  const starting = stream.start().catch((error) => error);
  const waiting = () => (stream.state.status === 'starting' ? stream.state.waiting : null);
  await until(() => waiting() !== null, { describe: 'the wait to be told' });
  expect(waiting()).toMatchObject({ code: 'SLOT_WAITS_FOR_TRANSACTIONS' });
  expect(JSON.stringify(waiting()?.details)).toContain(`"pid":${rows[0]?.pid}`);
  const stopped = performance.now();
  await stream.stop();
  expect(performance.now() - stopped).toBeLessThan(2_000);
  expect(await starting).toMatchObject({ code: 'INTERRUPTED' });
  const slots = 'SELECT slot_name FROM pg_replication_slots WHERE database = current_database()';
  await until(async () => (await world.source.query(slots)).length === 0, { describe: 'the half-made slot to go' });
  await blocker.query('COMMIT');
  await stream.start();
  await world.fill();
  expect(await world.settle()).toEqual([]);
});

test('a slot that the operator makes after a first start was given up is read from where it is, and nothing is lost', {
  timeout: 60_000,
}, async () => {
  await using world = await bankWorld();
  const blocker = await world.source.connect();
  await blocker.query('BEGIN; SELECT pg_current_xact_id()');
  await using stream = bankStream({ source: world.source.url, target: world.target.url, slot: world.slot });
  const starting = stream.start().catch(() => {});
  await until(() => stream.state.status === 'starting' && stream.state.waiting !== null, { describe: 'the wait' });
  await stream.stop();
  await starting;
  const slots = 'SELECT slot_name FROM pg_replication_slots WHERE database = current_database()';
  await until(async () => (await world.source.query(slots)).length === 0, { describe: 'the half-made slot to go' });
  await blocker.query('COMMIT');
  await world.source.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [world.slot]);
  await world.fill();
  await stream.start();
  expect(await world.settle()).toEqual([]);
});
