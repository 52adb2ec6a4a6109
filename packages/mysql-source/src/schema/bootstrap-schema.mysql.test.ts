import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { bootstrapSchema, readWholeSchema } from './bootstrap-schema.ts';
import { readSchema } from './read-definitions.ts';
import { readSchemaSettings } from './read-schema-settings.ts';
import { comparable, sessionOf } from './schema-beside-server.test-support.ts';
import type { TableDefinition } from './table-definition.ts';

const { signal } = new AbortController();

describe.each(mysqlNames())('the schema of %s', (name) => {
  const server = sharedMysql(name);

  const open = async () => {
    const database = await createMysqlDatabase(server);
    const session = sessionOf(await database.connect());
    const scope = { settings: await readSchemaSettings(session), followed: [database.name], captured: () => true };
    const status = server.kind === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS';
    const position = async () => {
      const [row] = await session.query(status);
      return { file: String(row?.File), offset: Number(row?.Position) };
    };
    /** Statements of this database behind a position, as the server has logged them. */
    const logged = async ({ file, offset }: { readonly file: string; readonly offset: number }) => {
      const events = await session.query(`SHOW BINLOG EVENTS IN '${file}' FROM ${offset}`);
      const use = `use \`${database.name}\`; `;
      return events.flatMap(({ Info: info }) => (String(info).startsWith(use) ? String(info).slice(use.length) : []));
    };
    return { database, session, scope, position, logged };
  };

  it('begins where nothing changed while it was read', async () => {
    const { database, session, scope, position } = await open();
    await using _ = database;
    let reads = 0;
    // Others write to this server, too.
    let last: Awaited<ReturnType<typeof position>> | null = null;
    const bootstrapped = await bootstrapSchema(
      session,
      scope,
      async () => {
        reads++;
        if (reads < 3) await session.query(`CREATE TABLE t${reads} (a int)`);
        last = await position();
        return last;
      },
      signal,
    );
    expect(reads).toBe(3);
    expect(bootstrapped.position).toEqual(last);
    expect(bootstrapped.model.definitions().map(({ table }) => table)).toEqual(['t1', 't2']);
  });

  it('does not begin while tables never stop changing, nor when it is stopped', async () => {
    const { database, session, scope } = await open();
    await using _ = database;
    await session.query('CREATE TABLE t (a int)');
    let reads = 0;
    const change = () => session.query(`ALTER TABLE t ADD c${reads++} int`);
    await expect(bootstrapSchema(session, scope, change, signal)).rejects.toMatchObject({ code: 'SCHEMA_UNSTABLE' });
    const stop = new AbortController();
    const stopped = bootstrapSchema(session, scope, async () => stop.abort(new Error('stopped')), stop.signal);
    await expect(stopped).rejects.toThrowError('stopped');
  });

  it('is followed through what the server itself writes into the log', async () => {
    const { database, session, scope, position, logged } = await open();
    await using _ = database;
    await session.query('CREATE TABLE base (id int PRIMARY KEY, e enum("x") CHARACTER SET latin1)');
    const begin = await bootstrapSchema(session, scope, position, signal);
    let { model } = begin;
    if (server.kind === 'mysql') {
      await session.query('SET sql_generate_invisible_primary_key = ON');
      await session.query('SET show_gipk_in_create_table_and_information_schema = OFF');
    }
    for (const sql of [
      'CREATE TABLE hidden (a int)',
      'CREATE TABLE selected (PRIMARY KEY (id)) CHARSET latin1 SELECT id, e, concat(id, "x") AS c FROM base',
      'CREATE TEMPORARY TABLE gone (a int, b varchar(3) CHARACTER SET latin1)',
      'CREATE TABLE kept LIKE gone',
      'CREATE TABLE copied LIKE hidden',
      'DROP TEMPORARY TABLE gone',
      'DROP TABLE IF EXISTS base, nothing',
      'ALTER TABLE hidden ADD b int',
    ])
      await session.query(sql);
    const statements = await logged(begin.position);
    for (const sql of statements)
      model = model.apply({ sql, schema: database.name, sqlMode: null, ansiQuotes: false }).model;
    expect(comparable(model.state), statements.join('\n')).toEqual(comparable(await readSchema(session, scope)));
    const hidden = model.definition(database.name, 'hidden')?.columns.map(({ name: column }) => column);
    expect(hidden).toEqual(server.kind === 'mysql' ? ['my_row_id', 'a', 'b'] : ['a', 'b']);
    const byName = (tables: readonly TableDefinition[]) => Object.fromEntries(tables.map((own) => [own.table, own]));
    expect(byName((await readWholeSchema(session, scope, signal)).definitions())).toEqual(byName(model.definitions()));
  });

  it.runIf(server.kind === 'mariadb')('has no definition of tables whose rows have versions', async () => {
    const { database, session, scope, position } = await open();
    await using _ = database;
    await session.query('CREATE TABLE versioned (a int) WITH SYSTEM VERSIONING');
    const { model } = await bootstrapSchema(session, scope, position, signal);
    expect(() => model.definition(database.name, 'versioned')).toThrowError(
      expect.objectContaining({ code: 'DDL_NOT_UNDERSTOOD' }),
    );
  });
});
