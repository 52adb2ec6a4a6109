import { createStream, type Sink, type Stream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { mysqlSink } from '@millrace/sql-sink/mysql';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
  sharedPostgres,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';
import { describedStructure } from './described-mysql.ts';

const shop = (isMysql: boolean) => [
  `CREATE TABLE users (id int AUTO_INCREMENT PRIMARY KEY COMMENT 'who', code int NOT NULL, email varchar(100), exact varchar(50) COLLATE utf8mb4_bin,
    word varchar(20) NOT NULL DEFAULT 'it''s \\\\', body text, at datetime(3) DEFAULT CURRENT_TIMESTAMP(3), born date, score decimal(5,2) DEFAULT 1.5,
    changed timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, twice int GENERATED ALWAYS AS (code * 2) STORED,
    made varchar(50) DEFAULT (concat('a', 'b')), manager int,
    UNIQUE KEY once (code, born), UNIQUE KEY mail (email), UNIQUE KEY exact (exact), KEY beginning (body(10), code DESC), FULLTEXT KEY words (body), KEY doubled (twice),
    CONSTRAINT positive CHECK (code > 0), CONSTRAINT users_manager FOREIGN KEY (manager) REFERENCES users (id) ON DELETE SET NULL${isMysql ? ', KEY computed ((code + 1))' : ''}) COMMENT = 'people'`,
  `CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, owner int NOT NULL, CONSTRAINT owned FOREIGN KEY (owner) REFERENCES users (id) ON UPDATE CASCADE)`,
  `INSERT INTO users (code, email) VALUES ${Array.from({ length: 200 }, (_, at) => `(${at + 1}, 'u${at}')`).join(', ')}`,
  'UPDATE users SET manager = 1',
  'INSERT INTO orders (owner) SELECT id FROM users',
];

const made = (stream: Stream) =>
  until(async () => (await stream.planSchema()).statements.length === 0, {
    describe: 'the structure to be made',
    timeout: 30_000,
  });

describe.each(mysqlNames())('the structure of tables of %s', (name) => {
  const server = sharedMysql(name);
  const isMysql = server.kind === 'mysql';

  const streamOf = async (source: MysqlTestDatabase, sink: Sink) => {
    for (const statement of shop(isMysql)) await source.query(statement);
    const stream = createStream({
      id: uniqueName('structure'),
      source: mysqlSource({
        connection: source.url,
        acceptCascades: [`${source.name}.users`, `${source.name}.orders`],
      }),
      sink,
      tables: ['users', 'orders'],
    });
    const warnings: string[] = [];
    stream.on('warning', ({ code, details }) => {
      if (code.startsWith('STRUCTURE_')) warnings.push(`${code} ${details.part} ${details.name}`);
    });
    return { stream, warnings };
  };
  const work = async (source: MysqlTestDatabase) => {
    for (let round = 0; round < 20; round++) {
      await source.query(`UPDATE users SET score = score + 1 WHERE id % 20 = ${round}`);
      await source.query(`INSERT INTO users (code) VALUES (${1000 + round})`);
      await source.query(`INSERT INTO orders (owner) VALUES (${round + 1})`);
      await source.query(`DELETE FROM orders WHERE owner = ${round + 100}`);
    }
  };

  it('is made at a server of the same kind', { timeout: 60_000 }, async () => {
    await using source = await createMysqlDatabase(server);
    await using target = await createMysqlDatabase(server);
    const { stream, warnings } = await streamOf(
      source,
      mysqlSink({ connection: target.url, schema: target.name, structure: 'all' }),
    );
    await stream.start();
    await live(stream);
    await work(source);
    await made(stream);
    const left = ['default made', 'index doubled', 'unique exact'].map((part) => `STRUCTURE_NOT_MADE ${part}`);
    expect(warnings.sort()).toEqual(['STRUCTURE_DIFFERS default changed', ...left]);
    const [expected, found] = [await describedStructure(source), await describedStructure(target)];
    expect(found.indexes).toEqual(expected.indexes.filter((each) => !/ (?:doubled|exact) /.test(each)));
    expect(found.constraints).toEqual(expected.constraints);
    expect(found.comments).toEqual(expected.comments);
    expect(found.columns.map((each) => each.split(' ').slice(0, 2).join(' '))).toEqual(
      expected.columns
        .map((each) => each.split(' ').slice(0, 2).join(' '))
        .filter((each) => !/ (?:made|twice)$/.test(each)),
    );
    await until(async () => (await target.query('SELECT 1 FROM users WHERE code = 1019')).length === 1, {
      describe: 'rows',
    });
    await stream.stop();
    await target.query('INSERT INTO users (code) VALUES (5000)');
    const [row] = await target.query(
      "SELECT id, score, word = 'it''s \\\\' AS same, ABS(TIMESTAMPDIFF(SECOND, at, NOW())) < 60 AS now FROM users WHERE code = 5000",
    );
    expect(row).toEqual({ id: 221, score: '1.50', same: 1, now: 1 });
    await expect(target.query('INSERT INTO users (code) VALUES (-1)')).rejects.toThrow(/positive/);
    await expect(target.query("INSERT INTO users (code, email) VALUES (5001, 'U7')")).rejects.toThrow(/[Dd]uplicate/);
    await expect(target.query('INSERT INTO orders (owner) VALUES (-1)')).rejects.toThrow(/foreign key/);
    expect(stream.errors).toEqual([]);
  });

  it('is made at PostgreSQL as far as it means the same there', { timeout: 60_000 }, async () => {
    await using source = await createMysqlDatabase(server);
    await using target = await createDatabase(sharedPostgres());
    const sink = postgresSink({
      connection: target.url,
      targetSchema: 'public',
      structure: 'all',
      sequences: 'advance',
    });
    const { stream, warnings } = await streamOf(source, sink);
    const plan = await stream.planSchema();
    await stream.start();
    await live(stream);
    await work(source);
    await made(stream);
    const left = [
      'check positive',
      'default made',
      'index beginning',
      ...(isMysql ? ['index computed'] : []),
      'index doubled',
      'index words',
      'unique exact',
      'unique mail',
    ];
    expect(warnings.sort()).toEqual([
      'STRUCTURE_DIFFERS default changed',
      ...left.sort().map((part) => `STRUCTURE_NOT_MADE ${part}`),
    ]);
    const told = (plan.warnings ?? []).map(({ code, part, name: of }) => `${code} ${part} ${of}`);
    expect(told.sort()).toEqual(warnings);
    const found = await target.query<{ one: string }>(`
      SELECT regexp_replace(indexdef, '^CREATE ', '') AS one FROM pg_indexes WHERE schemaname = 'public'
      UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('c', 'f') AND conrelid IN ('users'::regclass, 'orders'::regclass)
      UNION ALL SELECT attname || ' ' || pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        WHERE adrelid IN ('users'::regclass, 'orders'::regclass)
      UNION ALL SELECT objsubid || ' ' || description FROM pg_description WHERE objoid = 'users'::regclass ORDER BY 1`);
    expect(found.map(({ one }) => one).sort()).toEqual([
      '0 people',
      '1 who',
      'INDEX orders_owned ON public.orders USING btree (owner)',
      'INDEX users_users_manager ON public.users USING btree (manager)',
      'UNIQUE INDEX orders_pkey ON public.orders USING btree (id)',
      'UNIQUE INDEX users_once ON public.users USING btree (code, born)',
      'UNIQUE INDEX users_pkey ON public.users USING btree (id)',
      'at LOCALTIMESTAMP',
      'changed now()',
      `owned FOREIGN KEY (owner) REFERENCES users(id) ON UPDATE CASCADE${isMysql ? '' : ' ON DELETE RESTRICT'}`,
      'score 1.50',
      `users_manager FOREIGN KEY (manager) REFERENCES users(id)${isMysql ? '' : ' ON UPDATE RESTRICT'} ON DELETE SET NULL`,
      "word 'it''s \\'::character varying",
    ]);
    await until(async () => (await target.query('SELECT FROM users WHERE code = 1019')).length === 1, {
      describe: 'rows',
    });
    await stream.stop();
    expect(await target.query('INSERT INTO users (code) VALUES (5000) RETURNING id')).toEqual([{ id: 221 }]);
    expect(stream.errors).toEqual([]);
  });
});
