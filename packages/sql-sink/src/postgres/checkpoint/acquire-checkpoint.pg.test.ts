import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  startProxy,
  type TestDatabase,
  uniqueName,
  until,
} from '../../../../../test/harness/index.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const items = relationOf({ table: 'items', columns: ['id integer!'], key: ['id'] });
const insert = (id: number, transactionId = `0/${id}`) => transaction(transactionId).insert(items, { id }).changes;
const ids = async (database: TestDatabase) =>
  (await database.query<{ id: number }>('SELECT id FROM items ORDER BY id')).map(({ id }) => id);

describe.each(postgresVersions())('opening on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('takes the next epoch each time and returns what was saved', async () => {
    await using database = await createDatabase(server);
    await using sink = new SinkUnderTest({ connection: database.url, name: 'warehouse', schema: 'progress' });
    const { signal } = new AbortController();
    expect(await sink.sink.readCheckpoint?.('test', signal)).toBeNull();
    const first = await sink.open();
    const saved = {
      ...first,
      source: { kind: 'postgres', id: "it's" },
      claimed: true,
      position: '0/5',
      partial: { transaction: 't', sequence: 3 },
      tables: { 'public.t': { state: 'live', from: '0/1', ranges: [], through: null } },
      savedAt: 1_700_000_000_123,
    } as const;
    await sink.sink.saveCheckpoint?.(saved, signal);
    expect(await sink.sink.readCheckpoint?.('test', signal)).toEqual({ ...saved, epoch: 1 });
    expect(await sink.sink.readCheckpoint?.('other', signal)).toBeNull();
    expect(await sink.reopen()).toEqual({ ...saved, epoch: 2 });
    expect(await sink.open()).toEqual({ ...saved, epoch: 3 });
    await sink.sink.close();
    await sink.sink.deleteCheckpoint?.('test', signal);
    expect(await sink.sink.readCheckpoint?.('test', signal)).toBeNull();
    await expect(sink.reopen()).rejects.toMatchObject({ code: 'FENCED' });
    expect(await sink.open()).toMatchObject({ epoch: 1, position: null, source: null });
  });

  it('any number of processes may create the checkpoint table at once', async () => {
    await using database = await createDatabase(server);
    const sinks = Array.from(
      { length: 6 },
      (_, n) => new SinkUnderTest({ connection: database.url }, {}, `stream ${n}`),
    );
    const checkpoints = await Promise.all(sinks.map((sink) => sink.open()));
    expect(checkpoints.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 1, 1, 1]);
    await Promise.all(sinks.map(({ sink }) => sink.close()));
  });

  it('refuses a table of the same name that is not a checkpoint table, and one of a newer version', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE SCHEMA millrace; CREATE TABLE millrace.checkpoint (a int)');
    await using sink = new SinkUnderTest({ connection: database.url });
    await expect(sink.open()).rejects.toMatchObject({ code: 'CHECKPOINT_TABLE_FOREIGN' });
    await database.query(
      "COMMENT ON TABLE millrace.checkpoint IS 'Progress of Millrace streams into this database, layout 2. Later.'",
    );
    await expect(sink.open()).rejects.toMatchObject({ code: 'CHECKPOINT_TABLE_TOO_NEW' });
  });

  it('a process that lost its epoch changes nothing, in groups, parts, checkpoints and reconnects', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE items (id int PRIMARY KEY)');
    // Its connections stay open: the takeover cannot reach them through the checkpoint row alone.
    const old = async () => {
      const sink = new SinkUnderTest({ connection: database.url });
      await sink.open();
      await database.query('UPDATE millrace.checkpoint SET backend_pid = NULL');
      return sink;
    };
    await using group = await old();
    await using part = await old();
    await part.writePart(insert(1, '0/9'), transaction('0/9'));
    await using heartbeat = await old();
    await using saving = await old();
    await using current = new SinkUnderTest({ connection: database.url });
    expect(await current.open()).toMatchObject({ epoch: 5 });
    const fenced = { code: 'FENCED', recovery: 'operator' };
    await expect(group.write(insert(2))).rejects.toMatchObject(fenced);
    await expect(part.write(insert(3))).rejects.toMatchObject(fenced);
    await expect(heartbeat.write([], '0/7')).rejects.toMatchObject(fenced);
    await expect(saving.sink.saveCheckpoint?.(saving.checkpoint, new AbortController().signal)).rejects.toMatchObject(
      fenced,
    );
    for (const sink of [group, part, heartbeat, saving]) await expect(sink.reopen()).rejects.toMatchObject(fenced);
    await current.write(insert(4), '0/8');
    expect(await ids(database)).toEqual([4]);
    expect(await database.query('SELECT epoch, position FROM millrace.checkpoint')).toEqual([
      { epoch: '5', position: '0/8' },
    ]);
  });

  it('a large transaction of a process that lost its epoch does not even begin', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE items (id int PRIMARY KEY)');
    await using old = new SinkUnderTest({ connection: database.url });
    await old.open();
    await database.query('UPDATE millrace.checkpoint SET epoch = epoch + 1');
    await expect(old.writePart(insert(1), transaction())).rejects.toMatchObject({ code: 'FENCED' });
  });

  it('a checkpoint that was deleted and made again is not mistaken for the old one', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE items (id int PRIMARY KEY)');
    await using old = new SinkUnderTest({ connection: database.url });
    await old.open();
    await database.query('DELETE FROM millrace.checkpoint');
    await using current = new SinkUnderTest({ connection: database.url });
    expect(await current.open()).toMatchObject({ epoch: old.checkpoint.epoch });
    await expect(old.write(insert(1))).rejects.toMatchObject({ code: 'FENCED' });
    await expect(old.reopen()).rejects.toMatchObject({ code: 'FENCED' });
  });

  it('ends the connection that wrote before, also an idle one', async () => {
    await using database = await createDatabase(server);
    await using old = new SinkUnderTest({ connection: database.url });
    await old.open();
    const [row] = await database.query('SELECT backend_pid AS pid FROM millrace.checkpoint');
    await using current = new SinkUnderTest({ connection: database.url });
    await current.open();
    expect(await database.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [row?.pid])).toEqual([]);
    await expect(old.write([], '0/1')).rejects.toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
  });

  it('leaves a process alone that has the number of the old one but not its start', async () => {
    await using database = await createDatabase(server);
    await using old = new SinkUnderTest({ connection: database.url });
    await old.open();
    await old.sink.close();
    const bystander = await database.connect();
    const { rows } = await bystander.query('SELECT pg_backend_pid() AS pid');
    await database.query('UPDATE millrace.checkpoint SET backend_pid = $1', [rows[0].pid]);
    await old.open();
    expect((await bystander.query('SELECT 1 AS alive')).rows).toEqual([{ alive: 1 }]);
  });

  it('leaves a process of another role alone that has the number of the old one, whose start it may not see', async () => {
    await using database = await createDatabase(server);
    const [role, other] = [uniqueName('role'), uniqueName('other')];
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' IN ROLE pg_signal_backend;
      CREATE ROLE ${other} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE ${database.name} TO ${role}`);
    const urlOf = (username: string) => Object.assign(new URL(database.url), { username, password: 'secret' }).href;
    try {
      await using sink = new SinkUnderTest({ connection: urlOf(role) }, { zombiePatience: 500 });
      await sink.open();
      await sink.sink.close();
      const bystander = await database.connect({ connectionString: urlOf(other), application_name: 'shop' });
      const { rows } = await bystander.query('SELECT pg_backend_pid() AS pid');
      await database.query('UPDATE millrace.checkpoint SET backend_pid = $1', [rows[0].pid]);
      expect(await sink.open()).toMatchObject({ epoch: 2 });
      expect((await bystander.query('SELECT 1 AS alive')).rows).toEqual([{ alive: 1 }]);
      // Nor is it waited for.
      await database.query(`REVOKE pg_signal_backend FROM ${role}`);
      await bystander.query('BEGIN; SELECT pg_current_xact_id()');
      await database.query('UPDATE millrace.checkpoint SET backend_pid = $1', [rows[0].pid]);
      expect(await sink.open()).toMatchObject({ epoch: 3 });
      expect(sink.events).toEqual([]);
      await bystander.end();
    } finally {
      await database.query(`DROP OWNED BY ${role}, ${other}; DROP ROLE ${role}, ${other}`);
    }
  });

  it('terminates a frozen connection that holds the checkpoint between its last statement and COMMIT', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE items (id int PRIMARY KEY)');
    await using proxy = await startProxy({ target: server });
    await using zombie = new SinkUnderTest({ connection: proxy.url(database.name) });
    await zombie.open();
    const commit = proxy.at('before-commit', 'freeze');
    const writing = zombie.write(insert(1), '0/1').catch((error) => error);
    await commit.reached();
    await using next = new SinkUnderTest({ connection: database.url });
    const begun = performance.now();
    expect(await next.open()).toMatchObject({ epoch: 2, position: null });
    expect(performance.now() - begun).toBeLessThan(3_500);
    await next.write(insert(2), '0/2');
    // What it had sent arrives now, and finds nobody.
    await commit.release();
    expect(await writing).toMatchObject({ recovery: 'retry' });
    expect(await ids(database)).toEqual([2]);
  });

  it('terminates a connection that hangs inside its COMMIT', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE items (id int PRIMARY KEY);
      CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER hang AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.id = 1) EXECUTE FUNCTION hang();
      ALTER TABLE items ENABLE ALWAYS TRIGGER hang`);
    await using zombie = new SinkUnderTest({ connection: database.url });
    await zombie.open();
    const writing = zombie.write(insert(1), '0/1').catch((error) => error);
    const hanging = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    await until(async () => (await database.query(hanging)).length === 1, { describe: 'a hanging COMMIT' });
    await using next = new SinkUnderTest({ connection: database.url });
    expect(await next.open()).toMatchObject({ epoch: 2, position: null });
    expect(await writing).toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
    await next.write(insert(2), '0/2');
    expect(await ids(database)).toEqual([2]);
  });

  it('terminates a connection of the stream that froze while it was opening', async () => {
    await using database = await createDatabase(server);
    await using first = new SinkUnderTest({ connection: database.url });
    await first.open();
    await first.sink.close();
    await using proxy = await startProxy({ target: server });
    await using zombie = new SinkUnderTest({ connection: proxy.url(database.name) });
    const commit = proxy.at('before-commit', 'freeze');
    const opening = zombie.open().catch((error) => error);
    await commit.reached();
    expect(await first.open()).toMatchObject({ epoch: 2 });
    await commit.release();
    expect(await opening).toMatchObject({ recovery: 'retry' });
  });

  it('sees the position of a commit whose answer was lost', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE items (id int PRIMARY KEY)');
    await using proxy = await startProxy({ target: server });
    await using sink = new SinkUnderTest({ connection: proxy.url(database.name) });
    await sink.open();
    proxy.at('commit-sent', 'cut');
    await expect(sink.write(insert(1), '0/1')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await sink.reopen()).toMatchObject({ position: '0/1' });
    expect(await ids(database)).toEqual([1]);
  });

  it('does not fence itself when the answer to its own opening was lost', async () => {
    await using database = await createDatabase(server);
    await using proxy = await startProxy({ target: server });
    await using sink = new SinkUnderTest({ connection: proxy.url(database.name) });
    await sink.open();
    proxy.at('commit-sent', 'cut');
    await expect(sink.reopen()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await sink.reopen()).toMatchObject({ epoch: 3 });
  });

  it('waits, and says so, for a connection that its role may not terminate', async () => {
    await using database = await createDatabase(server);
    const role = uniqueName('role');
    await database.query(`CREATE TABLE items (id int PRIMARY KEY); CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    try {
      await using old = new SinkUnderTest({ connection: database.url });
      await old.open();
      await database.query(`GRANT USAGE ON SCHEMA millrace TO ${role}; GRANT ALL ON millrace.checkpoint TO ${role}`);
      await old.writePart(insert(1), transaction());
      const url = new URL(database.url);
      Object.assign(url, { username: role, password: 'secret' });
      await using current = new SinkUnderTest({ connection: url.href }, { zombiePatience: 500 });
      await expect(current.open()).rejects.toMatchObject({ code: 'ZOMBIE_ALIVE', recovery: 'retry' });
      expect(current.events).toMatchObject([{ type: 'waiting', code: 'ZOMBIE_ALIVE' }]);
      const waiting = current.open();
      await old.sink.rollback();
      // The old one is alive and idle: it holds nothing, and can write nothing.
      expect(await waiting).toMatchObject({ epoch: 3 });
      await expect(old.write(insert(2))).rejects.toMatchObject({ code: 'FENCED' });
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('ends within a second of its signal, wherever it is', async () => {
    await using database = await createDatabase(server);
    await using proxy = await startProxy({ target: server });
    proxy.freeze();
    await using sink = new SinkUnderTest({ connection: proxy.url(database.name) });
    const begun = performance.now();
    await expect(sink.open({ signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ name: 'TimeoutError' });
    const opening = sink.open();
    const rejected = expect(opening).rejects.toMatchObject({ code: 'SINK_NOT_OPEN' });
    await sink.sink.close();
    await rejected;
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
