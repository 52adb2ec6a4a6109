import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, uniqueName } from '../../../../../test/harness/index.ts';
import { relationOf } from '../../testing/changes.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const table = relationOf({ schema: 'new', table: 't', columns: ['id integer!'], key: ['id'] });

describe.each(postgresVersions())('the database of the target on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('is made when it is missing, by any number of streams at once, and planned and validated before', async () => {
    await using admin = await createDatabase(server);
    const name = `${uniqueName('db')} "x"`;
    const connection = server.url(encodeURIComponent(name));
    try {
      const sinks = ['one', 'two', 'three'].map(
        (id) => new SinkUnderTest({ connection, createDatabase: true }, {}, id),
      );
      const [first] = sinks;
      const context = first?.context({ relations: [table] });
      const plan = context && (await first?.sink.plan?.(context));
      expect(plan?.statements.map(({ kind, sql }) => [kind, sql.split('\n')[0]])).toEqual([
        ['create-database', `CREATE DATABASE "${name.replaceAll('"', '""')}"`],
        ['create-schema', 'CREATE SCHEMA "millrace"'],
        ['create-table', 'CREATE TABLE "millrace"."checkpoint" ('],
        ['create-table', 'CREATE TABLE "millrace"."copy_range" ('],
        ['create-schema', 'CREATE SCHEMA "new"'],
        ['create-table', 'CREATE TABLE "new"."t" ('],
      ]);
      const report = context && (await first?.sink.validate(context));
      expect(report?.items.filter(({ state }) => state === 'failed')).toEqual([]);
      const found = 'SELECT FROM pg_database WHERE datname = $1';
      expect(await admin.query(found, [name])).toEqual([]);
      await Promise.all(sinks.map((sink) => sink.start([table])));
      expect(await admin.query(found, [name])).toHaveLength(1);
      await Promise.all(sinks.map(({ sink }) => sink.close()));
      await using object = new SinkUnderTest({ connection: { connectionString: connection }, createDatabase: true });
      await object.start([table]);
    } finally {
      await admin.query(`DROP DATABASE IF EXISTS "${name.replaceAll('"', '""')}" WITH (FORCE)`);
    }
  });

  it('is not made unless told, nor by a role that may not', async () => {
    await using admin = await createDatabase(server);
    const [name, role] = [uniqueName('db'), uniqueName('role')];
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    try {
      const url = new URL(server.url(name));
      url.username = role;
      url.password = 'x';
      const outcome = async (createDatabase: boolean) => {
        await using sink = new SinkUnderTest({ connection: url.href, createDatabase });
        const { items } = await sink.sink.validate(sink.context({ relations: [table] }));
        const failed = items.filter(({ state }) => state === 'failed').map(({ code, fix }) => ({ code, hint: fix }));
        const error = await sink.open().catch((thrown) => ({ code: thrown.code, hint: thrown.hint }));
        expect(failed).toEqual([error]);
        return error;
      };
      expect(await outcome(false)).toEqual({
        code: 'DATABASE_MISSING',
        hint: `CREATE DATABASE "${name}"; -- or createDatabase: true`,
      });
      expect(await outcome(true)).toEqual({
        code: 'PERMISSION_DENIED',
        hint: `ALTER ROLE ${role} CREATEDB; -- or: CREATE DATABASE "${name}" OWNER ${role};`,
      });
    } finally {
      await admin.query(`DROP ROLE ${role}`);
    }
  });
});
