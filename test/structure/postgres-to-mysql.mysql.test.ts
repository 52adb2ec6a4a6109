import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { type MysqlSinkOptions, mysqlSink } from '@millrace/sql-sink/mysql';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  mysqlNames,
  sharedMysql,
  sharedPostgres,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';
import { describedStructure } from './described-mysql.ts';

const shop = `
  CREATE TABLE users (id serial PRIMARY KEY, email varchar(100) NOT NULL UNIQUE, name text UNIQUE, code int CONSTRAINT known UNIQUE DEFERRABLE,
    at timestamptz DEFAULT now(), local timestamp(3) DEFAULT now(), day date DEFAULT CURRENT_DATE, manager int REFERENCES users ON DELETE SET NULL,
    score numeric(5,2) DEFAULT -1.5 CHECK (score < 100), word varchar(20) NOT NULL DEFAULT 'it''s \\ 🙂', flag boolean DEFAULT true,
    note text DEFAULT 'none', made int DEFAULT (1 + 1), during int4range, EXCLUDE USING gist (during WITH &&));
  CREATE INDEX "by score" ON users (score DESC, email);
  CREATE INDEX partial ON users (code) WHERE score > 0;
  CREATE INDEX by_lower ON users (lower(email));
  CREATE INDEX by_name ON users (name);
  CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 10) PRIMARY KEY,
    owner int NOT NULL CONSTRAINT owned REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    mail varchar(100) CONSTRAINT mailed REFERENCES users (email), wide bigint REFERENCES users (id), name text REFERENCES users (name));
  CREATE TABLE elsewhere (id int PRIMARY KEY); ALTER TABLE orders ADD COLUMN other int REFERENCES elsewhere;
  COMMENT ON TABLE users IS 'people, it''s them'; COMMENT ON COLUMN users.score IS 'points \\'; COMMENT ON COLUMN users.id IS 'a 🙂';
  INSERT INTO users (email, manager) SELECT 'u' || g, 1 FROM generate_series(1, 500) g;
  INSERT INTO orders (owner, mail) SELECT g, 'u' || g FROM generate_series(1, 500) g`;

const warned = (stream: Stream) => {
  const found: string[] = [];
  stream.on('warning', ({ code, details }) => {
    if (code.startsWith('STRUCTURE_')) found.push(`${code} ${details.part} ${details.name}`);
  });
  return found;
};

describe.each(mysqlNames())('the structure of PostgreSQL tables at %s', (name) => {
  const server = sharedMysql(name);

  const world = async (setup: string, options: Partial<MysqlSinkOptions> = { structure: 'all' }) => {
    const source = await createDatabase(sharedPostgres());
    const target = await createMysqlDatabase(server);
    await source.query(setup);
    const stream = createStream({
      id: uniqueName('structure'),
      source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'structure' }),
      sink: mysqlSink({ connection: target.url, schema: target.name, ...options }),
      tables: ['public.users', 'public.orders'],
    });
    return {
      source,
      target,
      stream,
      warnings: warned(stream),
      async [Symbol.asyncDispose]() {
        await stream.stop();
        await source[Symbol.asyncDispose]();
        await target[Symbol.asyncDispose]();
      },
    };
  };
  const made = (stream: Stream) =>
    until(async () => (await stream.planSchema()).statements.length === 0, {
      describe: 'the structure to be made',
      timeout: 30_000,
    });

  it('is made as far as it fits, and the rest is told', { timeout: 60_000 }, async () => {
    await using own = await world(shop);
    const { source, target, stream, warnings } = own;
    const plan = await stream.planSchema();
    const told = (plan.warnings ?? []).map(({ code, part, name: of }) => `${code} ${part} ${of}`);
    const isMysql = server.kind === 'mysql';
    expect(told.sort()).toEqual([
      'STRUCTURE_DIFFERS foreign-key owned',
      'STRUCTURE_DIFFERS identity id',
      'STRUCTURE_NOT_MADE check users_score_check',
      'STRUCTURE_NOT_MADE comment id',
      'STRUCTURE_NOT_MADE default made',
      ...(isMysql ? ['STRUCTURE_NOT_MADE default note'] : []),
      'STRUCTURE_NOT_MADE exclusion users_during_excl',
      'STRUCTURE_NOT_MADE foreign-key orders_name_fkey',
      'STRUCTURE_NOT_MADE foreign-key orders_other_fkey',
      'STRUCTURE_NOT_MADE foreign-key orders_wide_fkey',
      'STRUCTURE_NOT_MADE index by_lower',
      'STRUCTURE_NOT_MADE index by_name',
      'STRUCTURE_NOT_MADE index partial',
      'STRUCTURE_NOT_MADE unique known',
      'STRUCTURE_NOT_MADE unique users_name_key',
    ]);
    await stream.start();
    await live(stream);
    for (let round = 0; round < 20; round++)
      await source.query(`UPDATE users SET score = score + 1 WHERE id % 20 = ${round};
        INSERT INTO users (email) VALUES ('new ${round}'); INSERT INTO orders (owner) VALUES (${round + 1});
        DELETE FROM orders WHERE owner = ${round + 100}`);
    await made(stream);
    expect(warnings.sort()).toEqual(told);
    const { indexes, constraints, columns, comments } = await describedStructure(target);
    expect(indexes).toEqual([
      'orders PRIMARY unique BTREE id:A',
      // What foreign keys need is made by the server.
      'orders mailed plain BTREE mail:A',
      'orders owned plain BTREE owner:A',
      'users PRIMARY unique BTREE id:A',
      'users by score plain BTREE score:D,email:A',
      'users users_email_key unique BTREE email:A',
      'users users_manager_fkey plain BTREE manager:A',
    ]);
    const none = 'NO ACTION';
    expect(constraints).toEqual([
      `orders mailed mail -> users email ${none} ${none}`,
      'orders owned owner -> users id CASCADE CASCADE',
      `users users_manager_fkey manager -> users id SET NULL ${none}`,
    ]);
    expect(columns).toHaveLength(isMysql ? 8 : 9);
    expect(comments).toEqual(["users people, it's them", 'users score points \\']);
    // Nobody says what the target makes by itself.
    const last = await source.query<{ id: string }>('SELECT max(id)::text AS id FROM users');
    await until(
      async () => Number((await target.query('SELECT id FROM users WHERE id = ?', [last[0]?.id])).length) === 1,
      {
        describe: 'the last row',
      },
    );
    await stream.stop();
    await target.query("SET time_zone = '+05:00'");
    await target.query("INSERT INTO users (email) VALUES ('of the target')");
    const [row] = await target.query(`SELECT id, score, flag, word = 'it''s \\\\ 🙂' AS same, at, local,
      ABS(TIMESTAMPDIFF(SECOND, at, UTC_TIMESTAMP())) < 60 AS utc, ABS(TIMESTAMPDIFF(SECOND, local, NOW())) < 60 AS here
      FROM users ORDER BY id DESC LIMIT 1`);
    expect(row).toMatchObject({ id: Number(last[0]?.id) + 1, flag: 1, same: 1, utc: 1, here: 1 });
    await expect(
      target.query("INSERT INTO users (email) VALUES ('OF the target'), ('of the target ')"),
    ).resolves.toBeDefined();
    await expect(target.query("INSERT INTO users (email) VALUES ('of the target')")).rejects.toThrow(/[Dd]uplicate/);
    await expect(target.query('INSERT INTO orders (owner) VALUES (-1)')).rejects.toThrow(/foreign key/);
    expect(stream.errors).toEqual([]);
  });

  it('counts on behind rows that got their keys by an update', async () => {
    await using own = await world(
      'CREATE TABLE users (id serial PRIMARY KEY, v int); CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO users (v) VALUES (1), (2)',
    );
    const { source, target, stream } = own;
    await stream.start();
    await live(stream);
    await source.query('UPDATE users SET id = 100 WHERE id = 1; UPDATE users SET id = 101 WHERE id = 2');
    await until(async () => (await target.query('SELECT 1 FROM users WHERE id > 99')).length === 2, {
      describe: 'keys',
    });
    await stream.stop();
    for (const v of [3, 4]) await target.query('INSERT INTO users (v) VALUES (?)', [v]);
    expect(await target.query('SELECT id FROM users WHERE v > 2')).toEqual([{ id: 102 }, { id: 103 }]);
  });

  it.each([
    [undefined, { indexes: 2, foreign: 0, values: 0, comments: 0 }],
    [['comments'] as const, { indexes: 2, foreign: 0, values: 0, comments: 2 }],
    [['unique', 'defaults'] as const, { indexes: 3, foreign: 0, values: server.kind === 'mysql' ? 8 : 9, comments: 0 }],
  ])('has only what the option names: %j', async (structure, expected) => {
    await using own = await world(shop, structure === undefined ? {} : { structure });
    await own.stream.start();
    await live(own.stream);
    await made(own.stream);
    const { indexes, constraints, columns, comments } = await describedStructure(own.target);
    const found = {
      indexes: indexes.length,
      foreign: constraints.length,
      values: columns.length,
      comments: comments.length,
    };
    expect(found).toEqual(expected);
  });

  it('goes by the names of the target, and leaves alone what is there', { timeout: 30_000 }, async () => {
    await using own = await world(
      `CREATE TABLE users (id int PRIMARY KEY, mail varchar(20) UNIQUE, n int DEFAULT 3); CREATE INDEX by_n ON users (n);
       CREATE TABLE orders (id int PRIMARY KEY, mail varchar(20) CONSTRAINT mailed REFERENCES users (mail));
       INSERT INTO users VALUES (1, 'a', 1); INSERT INTO orders VALUES (1, 'a')`,
      {
        structure: 'all',
        tables: {
          'public.users': { name: 'people', columns: { mail: 'post' } },
          'public.orders': { columns: { mail: 'to' } },
        },
      },
    );
    const { target, stream, warnings } = own;
    await target.query(
      `CREATE TABLE people (id int PRIMARY KEY, post varchar(20) COLLATE ${server.kind === 'mysql' ? 'utf8mb4_0900_bin' : 'utf8mb4_nopad_bin'}, n int DEFAULT 7, KEY BY_N (id))`,
    );
    await stream.start();
    await live(stream);
    await made(stream);
    expect(warnings).toEqual([]);
    const { indexes, constraints, columns } = await describedStructure(target);
    expect(indexes).toEqual([
      'orders PRIMARY unique BTREE id:A',
      'orders mailed plain BTREE to:A',
      'people BY_N plain BTREE id:A',
      'people PRIMARY unique BTREE id:A',
      'people users_mail_key unique BTREE post:A',
    ]);
    expect(constraints).toEqual([expect.stringContaining('orders mailed to -> people post')]);
    expect(columns).toEqual([expect.stringContaining('people n 7')]);
  });

  it('is not forced on rows of others, and is made at the next start', { timeout: 30_000 }, async () => {
    await using own = await world(
      `CREATE TABLE users (id int PRIMARY KEY, code int UNIQUE); CREATE TABLE orders (id int PRIMARY KEY, owner int CONSTRAINT owned REFERENCES users);
       INSERT INTO users VALUES (1, 1); INSERT INTO orders VALUES (1, 1)`,
    );
    const { target, stream, warnings } = own;
    stream.on('handover', ({ table }) => {
      const rows = table === 'public.users' ? 'users VALUES (7, 7), (8, 7)' : 'orders VALUES (7, 999)';
      void target.query(`INSERT INTO ${rows}`);
    });
    await target.query('CREATE TABLE users (id int PRIMARY KEY, code int)');
    await target.query('CREATE TABLE orders (id int PRIMARY KEY, owner int)');
    await stream.start();
    await live(stream);
    await until(() => warnings.length === 2, { describe: 'two warnings', timeout: 20_000 });
    expect(warnings).toEqual(['STRUCTURE_NOT_MADE unique users_code_key', 'STRUCTURE_NOT_MADE foreign-key owned']);
    expect(stream.status).toBe('running');
    await stream.stop();
    await target.query('DELETE FROM users WHERE id > 1');
    await target.query('DELETE FROM orders WHERE id > 1');
    await stream.start();
    await made(stream);
    expect(warnings).toHaveLength(2);
  });
});
