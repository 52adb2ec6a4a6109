import type { Column, Relation } from '@millrace/core';
import { resolveConnection, ScriptSession } from '@millrace/mysql-client';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../../test/harness/index.ts';
import { createTable } from './create-table.ts';
import { mysqlNames as targetNames } from './mysql-types.ts';
import { readTargetTables } from './read-target-tables.ts';
import { planTable } from './table-plan.ts';
import { targetProblems } from './target-problems.ts';

const column = (name: string, native: string, type: Column['type'], nullable = false): Column => ({
  name,
  native,
  type,
  nullable,
  generated: false,
});

describe.each(mysqlNames())('a target table of %s', (name) => {
  const server = sharedMysql(name);
  const { signal } = new AbortController();

  const openTarget = async (columns: readonly Column[], dialect?: 'mysql') => {
    const database = await createMysqlDatabase(server);
    const session = await ScriptSession.open({
      connection: resolveConnection(database.url),
      applicationName: 'millrace target',
      signal,
    });
    const source: Relation = {
      schema: database.name,
      table: 't',
      version: 0,
      columns,
      key: [0],
      identity: 'key',
      ...(dialect === undefined ? {} : { dialect }),
    };
    const relation = targetNames({}, session.server).of(source);
    const target = async () => (await readTargetTables(session, [relation], signal)).get(`${database.name}.t`);
    return {
      database,
      session,
      relation,
      make: () => session.query(createTable(relation)),
      plan: async () => planTable(0, relation, await target(), 'error', source, session.server),
      problems: async () => {
        const there = await target();
        return there === undefined ? [] : targetProblems(relation, there, 'error', source, session.server);
      },
      [Symbol.asyncDispose]: async () => {
        await session.close();
        await database[Symbol.asyncDispose]();
      },
    };
  };

  it('keeps keys apart that PostgreSQL keeps apart, and finds each by its text', async () => {
    await using there = await openTarget([column('k', 'text', 'text')]);
    await there.make();
    expect(await there.problems()).toEqual([]);
    const plan = await there.plan();
    const keys = ['A', 'a', 'á', 'a ', 'á'.normalize('NFD'), 'ａ', ''];
    const literals = keys.map((key) => plan.columns[0]?.form.literal(key) ?? '');
    await there.session.query(`INSERT INTO ${plan.name} VALUES ${literals.map((each) => `(${each})`).join(', ')}`);
    for (const [at, literal] of literals.entries())
      expect(await there.session.query(`SELECT k FROM ${plan.name} WHERE k = ${literal}`)).toEqual([{ k: keys[at] }]);
    expect(plan.foldable).toBe(true);
    expect(plan.secondary).toEqual([]);
  });

  it.each([
    ['integer', 'int', true],
    ['uuid', 'uuid', true],
    ['date', 'date', true],
    ['timestamp with time zone', 'timestamptz', true],
    ['bytea', 'bytes', true],
    ['character varying(900)', 'text', true],
    ['numeric', 'decimal', false],
    ['numeric(10,2)', 'decimal', false],
    ['double precision', 'float', false],
    ['boolean', 'boolean', false],
    ['public.citext', 'other', false],
  ] as const)('can have a key of %s', async (native, type, foldable) => {
    await using there = await openTarget([column('k', native, type)]);
    await there.make();
    expect(await there.problems()).toEqual([]);
    expect((await there.plan()).foldable).toBe(foldable);
  });

  it('is refused where keys of PostgreSQL would be one, and only warned about for MySQL', async () => {
    await using there = await openTarget([column('k', 'character varying(20)', 'text')]);
    await there.session.query('CREATE TABLE t (k varchar(20) COLLATE utf8mb4_bin PRIMARY KEY)');
    await expect(there.plan()).rejects.toMatchObject({ code: 'KEY_COLLATION' });
    const [problem] = await there.problems();
    await there.session.query(problem?.fix ?? '');
    expect(await there.problems()).toEqual([]);

    await using own = await openTarget([column('k', 'varchar(20)', 'text')], 'mysql');
    await own.session.query('CREATE TABLE t (k varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY)');
    expect(await own.problems()).toMatchObject([{ level: 'warning', code: 'KEY_COLLATION' }]);
    expect((await own.plan()).foldable).toBe(false);
  });

  it('is described with everything that does not fit, and what makes it fit', async () => {
    await using there = await openTarget([
      column('k', 'integer', 'int'),
      column('n', 'numeric(10,3)', 'decimal'),
      column('at', 'timestamp(3) without time zone', 'timestamp'),
      column('missing', 'text', 'text', true),
      column('made', 'integer', 'int'),
      column('t', 'text', 'text'),
    ]);
    const { session } = there;
    await session.query(`CREATE TABLE t (
      k int NOT NULL, n decimal(10,2), \`at\` datetime, made int AS (k + 1), t varchar(100),
      extra int NOT NULL, withdefault int NOT NULL DEFAULT 1, a int, UNIQUE INDEX beginning (t(5)), UNIQUE INDEX other (a)
    ) ENGINE=MyISAM`);
    await session.query('CREATE TRIGGER acts BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1');
    expect(await there.problems()).toMatchObject([
      { code: 'TARGET_TABLE_UNSUITABLE', fix: expect.stringContaining('InnoDB') },
    ]);
    for (let round = 0; round < 6; round++) {
      const [problem] = (await there.problems()).filter(({ level }) => level === 'error');
      if (problem === undefined) break;
      await expect(there.plan()).rejects.toMatchObject({ code: problem.code });
      await session.query(problem.fix ?? '');
    }
    expect((await there.problems()).map(({ code, level }) => [code, level])).toEqual([
      ['TARGET_COLUMN_GENERATED', 'warning'],
      ['TYPE_DIFFERS', 'warning'],
      ['TARGET_TRIGGER', 'warning'],
    ]);
    const plan = await there.plan();
    expect(plan.interferes).toBe(true);
    expect(plan.written.map((each) => each.name)).toEqual(['k', 'n', 'at', 'missing', 't']);
    expect(plan.secondary).toEqual([
      { name: 'beginning', columns: null },
      { name: 'other', columns: ['a'] },
    ]);
  });

  it('is said to change what the source has left as it was, and a statement that ends that', async () => {
    await using there = await openTarget([
      column('id', 'integer', 'int'),
      column('a', 'timestamp(3) with time zone', 'timestamptz'),
      column('b', 'timestamp(0) without time zone', 'timestamp', true),
    ]);
    const { session } = there;
    await session.query(`CREATE TABLE t (id int PRIMARY KEY, n int,
      a timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
      b datetime NULL ON UPDATE CURRENT_TIMESTAMP, touched timestamp NULL ON UPDATE CURRENT_TIMESTAMP)`);
    const past = { a: '2001-02-03 04:05:06.789', b: '2001-02-03 04:05:06' };
    await session.query('INSERT INTO t (id) VALUES (1)');
    const update = async () => {
      await session.query(`UPDATE t SET n = COALESCE(n, 0) + 1, a = '${past.a}', b = '${past.b}'`);
      await session.query('UPDATE t SET n = n + 1');
      return session.query('SELECT a, b, touched IS NULL AS untouched FROM t');
    };
    expect(await update()).not.toMatchObject([past]);
    const found = (await there.problems()).filter(({ code }) => code === 'TARGET_COLUMN_CHANGES');
    expect(found.map(({ level, message }) => [level, /"(.*?)"/.exec(message)?.[1]])).toEqual([
      ['warning', 'a'],
      ['warning', 'b'],
    ]);
    await there.plan();
    for (const { fix } of found) await session.query(fix ?? '');
    expect((await there.problems()).map(({ code }) => code)).not.toContain('TARGET_COLUMN_CHANGES');
    // A column of the target alone goes on as it was made.
    expect(await update()).toEqual([{ ...past, untouched: '0' }]);
  });

  it('is no view', async () => {
    await using there = await openTarget([column('k', 'integer', 'int')]);
    await there.session.query('CREATE VIEW t AS SELECT 1 AS k');
    await expect(there.plan()).rejects.toMatchObject({ code: 'TARGET_TABLE_UNSUITABLE' });
  });
});
