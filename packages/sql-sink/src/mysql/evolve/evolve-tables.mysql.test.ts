import type { Column, TableEvolution } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
} from '../../../../../test/harness/index.ts';
import { breaking, column, EvolvingTables, type Step } from './evolving-tables.test-support.ts';

const int = (name: string): Column => column(name, 'int', 'int');
const text = (name: string): Column => column(name, 'varchar(20)', 'text');
const id = column('id', 'int', 'int', { nullable: false });

const rowsOf = (database: MysqlTestDatabase, table = 't') => database.query(`SELECT * FROM ${table} ORDER BY 1`);

interface Catalogued {
  readonly name: string;
  readonly type: string;
  readonly nullable: string;
  readonly value: string | null;
  readonly extra: string;
  readonly collation: string | null;
  readonly comment: string;
}
const columnsOf = async (database: MysqlTestDatabase, table = 't') => {
  const all = await database.query<Catalogued>(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_DEFAULT AS value, EXTRA AS extra,
       COLLATION_NAME AS collation, COLUMN_COMMENT AS comment
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [table],
  );
  return all.map((each) => ({ ...each, type: each.type.replace(/^int\(\d+\)/, 'int') }));
};
const namesOf = async (database: MysqlTestDatabase, table = 't') =>
  (await columnsOf(database, table)).map(({ name }) => name);

describe.each(mysqlNames())('tables that follow their sources on %s', (name) => {
  const server = sharedMysql(name);

  const opened = async (database: MysqlTestDatabase, ...statements: readonly string[]): Promise<EvolvingTables> => {
    for (const statement of statements) await database.query(statement);
    const tables = new EvolvingTables(database);
    await tables.stream.open();
    return tables;
  };

  it('get columns with the values that their rows have there', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(database, 'CREATE TABLE t (id int PRIMARY KEY)', 'INSERT INTO t VALUES (1), (2)');
    const added = (added: Column, fill: string | null): Step => ({ kind: 'add-column', column: added, fill });
    const columns = [
      column('bare', 'int', 'int'),
      column('number', 'int', 'int'),
      column('word', 'varchar(20)', 'text'),
      column('words', 'longtext', 'text'),
      column('bytes', 'blob', 'bytes'),
      column('bits', 'bit(3)', 'other'),
      column('moment', 'timestamp(3)', 'timestamptz'),
      column('one', "enum('a','b')", 'text'),
      column('document', 'json', 'json'),
    ];
    const fills = [null, '7', "it's \\ 🙂", "it's \\ '", '\\x00ff', '101', '2020-01-02 03:04:05.678', 'b', '{"a": 1}'];
    await tables.evolve([
      tables.evolution(
        tables.relation('t', [id, ...columns]),
        ...columns.map((each, index) => added(each, fills[index] ?? null)),
        { kind: 'alter-column-nullability', name: 'number', nullable: false },
      ),
    ]);
    const found = await database.query<{ found: string }>(
      `SELECT CONCAT_WS('|', COALESCE(bare, 'NULL'), number, CONVERT(word USING utf8mb4), CONVERT(words USING utf8mb4), HEX(bytes), BIN(bits), moment, CONVERT(one USING utf8mb4),
         CONVERT(REPLACE(document, ' ', '') USING utf8mb4)) AS found FROM t`,
    );
    const expected = `NULL|7|it's \\ 🙂|it's \\ '|00FF|101|2020-01-02 03:04:05.678|b|{"a":1}`;
    expect(found).toEqual([{ found: expected }, { found: expected }]);
    const made = (await columnsOf(database)).filter((each) => each.name !== 'id');
    expect(made.map(({ value }) => value ?? 'NULL')).toEqual(made.map(() => 'NULL'));
    expect(made.filter(({ nullable }) => nullable === 'NO').map((each) => each.name)).toEqual(['number']);
    // Rows of later do not get it, nor need those who write them name the column.
    await database.query('INSERT INTO t (id, number) VALUES (3, 1)');
    expect(await database.query('SELECT word, moment FROM t WHERE id = 3')).toEqual([{ word: null, moment: null }]);
    expect(tables.events).toEqual([]);
  });

  it('keep a default of four bytes when its column changes, and refuse what nobody can say again', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(
      database,
      `CREATE TABLE t (id int PRIMARY KEY, word varchar(20) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'it''s 🙂?\\\\',
        listed enum('🙂', 'b') CHARACTER SET utf8mb4 NOT NULL DEFAULT 'b',
        made varchar(20) CHARACTER SET utf8mb4 NOT NULL DEFAULT (CONCAT('🙂', 'x')))`,
    );
    const relation = tables.relation('t');
    const nullable = (of: string): Step => ({ kind: 'alter-column-nullability', name: of, nullable: true });
    const isRefused = async (of: string) => {
      const before = await tables.tables();
      await expect(tables.evolve([tables.evolution(relation, nullable(of))], of)).rejects.toMatchObject({
        code: 'SCHEMA_CHANGE_FAILED',
        details: { reason: expect.stringContaining('characters of four bytes') },
      });
      expect(await tables.tables()).toEqual(before);
    };
    // The server says it of a row only.
    await isRefused('word');
    await database.query('INSERT INTO t (id) VALUES (0)');
    await tables.evolve([tables.evolution(relation, nullable('word'))]);
    await database.query('DELETE FROM t');
    await database.query('INSERT INTO t (id) VALUES (1)');
    expect(await database.query('SELECT word, made FROM t')).toEqual([{ word: "it's 🙂?\\", made: '🙂x' }]);
    for (const of of ['listed', 'made']) await isRefused(of);
  });

  it('lose columns with the foreign keys over them', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(
      database,
      'CREATE TABLE p (a int, b int, PRIMARY KEY (a, b))',
      'CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int, d int, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES p (a, b), CONSTRAINT g FOREIGN KEY (c, d) REFERENCES p (a, b))',
    );
    for (const relation of [tables.relation('t'), tables.ofPostgres(tables.relation('t'))])
      await tables.evolve([tables.evolution(relation, { kind: 'drop-column', name: 'a' })]);
    expect(await namesOf(database)).toEqual(['id', 'b', 'c', 'd']);
    expect(
      await database.query(
        'SELECT CONSTRAINT_NAME AS name FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()',
      ),
    ).toEqual([{ name: 'g' }]);
  });

  it('lose, keep, set aside and rename columns', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(
      database,
      'CREATE TABLE t (a int, b int, dropped int, kept int NOT NULL, aside int, renamed int, PRIMARY KEY (a, b), UNIQUE (b, dropped), UNIQUE k (b, kept))',
      'INSERT INTO t VALUES (1, 2, 3, 4, 5, 6), (2, 2, 4, 5, 6, 7)',
    );
    const relation = tables.ofPostgres(tables.relation('t', [int('a'), int('kept'), int('other')]));
    await tables.evolve([
      tables.evolution(
        relation,
        { kind: 'drop-column', name: 'dropped' },
        { kind: 'keep-column', name: 'kept' },
        { kind: 'keep-column', name: 'b' },
        { kind: 'set-aside-column', name: 'aside' },
        { kind: 'rename-column', from: 'renamed', name: 'other' },
      ),
    ]);
    expect(await rowsOf(database)).toEqual([
      { a: 1, b: 2, kept: 4, 'aside (dropped)': 5, other: 6 },
      { a: 2, b: 2, kept: 5, 'aside (dropped)': 6, other: 7 },
    ]);
    await database.query('INSERT INTO t (a) VALUES (9)');
    // Of a source of the same kind an index stays over its other columns, as it does there.
    await tables
      .evolve([tables.evolution(tables.relation('t'), { kind: 'drop-column', name: 'kept' })], 'refused', undefined)
      .then(
        () => expect.unreachable(),
        (error) => expect(error).toMatchObject({ code: 'SCHEMA_CHANGE_FAILED' }),
      );
    expect(await namesOf(database)).toContain('kept');
  });

  it('have columns of other types, with everything else as it was', async () => {
    await using database = await createMysqlDatabase(server);
    const made = [
      "id int NOT NULL AUTO_INCREMENT COMMENT 'the \\'key\\'' PRIMARY KEY",
      "word varchar(9) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'it''s \\\\' COMMENT 'a ; word'",
      "expression varchar(40) DEFAULT (CONCAT('it''s', \"\\\\\"))",
      "bits bit(3) NOT NULL DEFAULT b'101'",
      "bytes varbinary(4) NOT NULL DEFAULT 'a\\'b'",
      'changed timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)',
      'number decimal(10,2) NOT NULL DEFAULT 1.50',
      'day date',
      'twice int GENERATED ALWAYS AS (1 + 1) STORED',
    ];
    await using tables = await opened(database, `CREATE TABLE t (${made.join(', ')})`, 'INSERT INTO t (id) VALUES (5)');
    const before = await columnsOf(database);
    const relation = tables.relation('t', [column('id', 'bigint', 'bigint')], { key: [0], identity: 'key' });
    const optional = ['word', 'expression', 'bits', 'bytes', 'changed', 'number', 'day', 'twice'];
    const all = (nullable: boolean) =>
      optional.map((of): Step => ({ kind: 'alter-column-nullability', name: of, nullable }));
    await tables.evolve([tables.evolution(relation, ...all(true))], 'may be NULL');
    expect((await columnsOf(database)).map((each) => ({ ...each, nullable: '' }))).toEqual(
      before.map((each) => ({ ...each, nullable: '' })),
    );
    expect((await columnsOf(database)).filter(({ nullable }) => nullable === 'NO').map((each) => each.name)).toEqual([
      'id',
    ]);
    const wider = [
      column('id', 'bigint', 'bigint', { nullable: false }),
      column('bytes', 'varbinary(9)', 'bytes'),
      column('number', 'decimal(12,3)', 'decimal'),
      column('word', 'varchar(30)', 'text'),
    ];
    await tables.evolve(
      [
        tables.evolution(
          relation,
          ...wider.map((each): Step => ({ kind: 'alter-column-type', column: each, from: 'x' })),
          { kind: 'alter-column-nullability', name: 'bits', nullable: false },
        ),
      ],
      'wider',
    );
    const byName = new Map((await columnsOf(database)).map((each) => [each.name, each]));
    expect(byName.get('id')).toMatchObject({ extra: 'auto_increment', comment: "the 'key'" });
    expect(byName.get('id')?.type).toMatch(/^bigint/);
    expect(byName.get('number')).toMatchObject({ type: 'decimal(12,3)', nullable: 'YES' });
    expect(byName.get('word')).toMatchObject({ type: 'varchar(30)', comment: 'a ; word' });
    await database.query('INSERT INTO t (id) VALUES (6)');
    expect(
      await database.query(
        'SELECT word, expression, BIN(bits) AS bits, CAST(bytes AS CHAR) AS bytes, number, twice FROM t ORDER BY id',
      ),
    ).toEqual(
      [2, 2].map((twice) => ({
        word: "it's \\",
        expression: "it's\\",
        bits: '101',
        bytes: "a'b",
        number: '1.500',
        twice,
      })),
    );
    expect(tables.events).toEqual([]);
  });

  it('have the defaults that columns of other types can have', async () => {
    await using database = await createMysqlDatabase(server);
    const made = [
      'id int PRIMARY KEY',
      "word varchar(20) NOT NULL DEFAULT 'it''s \\\\'",
      "state varchar(9) DEFAULT 'none'",
      "brief varchar(20) DEFAULT 'longer than five'",
      'seen datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
      'made datetime DEFAULT (CURRENT_TIMESTAMP)',
      'told datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
    ];
    await using tables = await opened(database, `CREATE TABLE t (${made.join(', ')})`);
    const columns = [
      column('word', 'longtext', 'text'),
      column('state', 'int', 'int'),
      column('brief', 'varchar(5)', 'text'),
      column('seen', 'datetime(6)', 'timestamp'),
      column('made', 'datetime(3)', 'timestamp'),
      column('told', 'varchar(30)', 'text'),
    ];
    const steps = columns.map((each): Step => ({ kind: 'alter-column-type', column: each, from: 'x' }));
    await tables.evolve([tables.evolution(tables.relation('t', [id, ...columns]), ...steps)]);
    await database.query('INSERT INTO t (id) VALUES (1)');
    expect(
      await database.query('SELECT word, state, brief, seen IS NULL AS unseen, made IS NULL AS unmade, told FROM t'),
    ).toEqual([{ word: "it's \\", state: null, brief: null, unseen: 0, unmade: 0, told: null }]);
    expect((await columnsOf(database)).map(({ type }) => type)).toEqual([
      'int',
      'longtext',
      'int',
      'varchar(5)',
      'datetime(6)',
      'datetime(3)',
      'varchar(30)',
    ]);
    expect(tables.events).toEqual([]);
  });

  it('are refused changes that would lose values, and those that the server refuses', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(
      database,
      'CREATE TABLE t (id int PRIMARY KEY, word varchar(20), number decimal(10,2), nothing int)',
      "INSERT INTO t VALUES (1, 'longer than five', 1.25, NULL)",
    );
    const before = await tables.tables();
    const narrower: readonly Step[] = [
      { kind: 'alter-column-type', column: column('word', 'varchar(5)', 'text'), from: 'x' },
      { kind: 'alter-column-type', column: column('word', 'int', 'int'), from: 'x' },
      { kind: 'alter-column-type', column: column('number', 'decimal(10,1)', 'decimal'), from: 'x' },
      { kind: 'alter-column-type', column: int('number'), from: 'x' },
      { kind: 'alter-column-nullability', name: 'nothing', nullable: false },
      { kind: 'rename-column', from: 'word', name: 'number' },
      { kind: 'add-column', column: int('new'), fill: 'no number' },
    ];
    for (const [index, step] of narrower.entries()) {
      const evolution = tables.evolution(tables.relation('t', [id]), step);
      await expect(tables.evolve([evolution], `${index}`)).rejects.toMatchObject({
        code: 'SCHEMA_CHANGE_FAILED',
        recovery: 'operator',
      });
      const skipped = tables.evolution(tables.relation('t', [id]), { ...step, otherwise: 'skip' });
      await tables.evolve([skipped], `${index}`);
    }
    expect(await tables.tables()).toEqual(before);
    expect(tables.events.map(({ code }) => code)).toEqual(narrower.map(() => 'SCHEMA_CHANGE_SKIPPED'));
  });

  it('follow a step behind one that was refused when somebody has done that by hand', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(
      database,
      'CREATE TABLE t (id int PRIMARY KEY, a varchar(9))',
      "INSERT INTO t VALUES (1, 'x')",
    );
    const evolution = tables.evolution(
      tables.relation('t', [id]),
      { kind: 'rename-column', from: 'a', name: 'b' },
      { kind: 'add-column', column: text('a'), fill: 'new' },
      { kind: 'alter-column-type', column: int('b'), from: 'x' },
      { kind: 'add-column', column: int('c'), fill: null },
    );
    await expect(tables.evolve([evolution])).rejects.toMatchObject({ code: 'SCHEMA_CHANGE_FAILED' });
    await database.query("UPDATE t SET b = '1'");
    await database.query('ALTER TABLE t MODIFY b smallint');
    await tables.evolve([evolution]);
    await tables.evolve([evolution]);
    expect(await rowsOf(database)).toEqual([{ id: 1, b: 1, a: 'new', c: null }]);
  });

  it('get the constants that are defaults of a source of the same kind', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(
      database,
      'CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), c longtext)',
    );
    const columns = [id, int('a'), text('b'), column('c', 'longtext', 'text')];
    const byDefault = (of: string, sql: string | null): Step => ({ kind: 'alter-column-default', name: of, sql });
    const steps = [byDefault('a', "'5'"), byDefault('b', "'it''s \\'"), byDefault('c', "'long'")];
    const postgres = tables.ofPostgres(tables.relation('t', columns));
    await tables.evolve([tables.evolution(postgres, ...steps)], 'of PostgreSQL');
    await tables.evolve(
      [tables.evolution(tables.relation('t', columns), ...steps, byDefault('a', 'now()'))],
      'of MySQL',
    );
    await database.query('INSERT INTO t (id) VALUES (1)');
    await tables.evolve([tables.evolution(tables.relation('t', columns), byDefault('b', null))], 'none');
    await database.query('INSERT INTO t (id) VALUES (2)');
    expect(await rowsOf(database)).toEqual([
      { id: 1, a: 5, b: "it's \\", c: null },
      { id: 2, a: 5, b: null, c: null },
    ]);
  });

  it('are made, renamed and dropped', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(
      database,
      'CREATE TABLE t (id int PRIMARY KEY)',
      'CREATE TABLE gone (id int)',
      'INSERT INTO t VALUES (1)',
    );
    const { name: schema } = database;
    await tables.evolve([
      tables.evolution(tables.relation('other', [id]), { kind: 'rename-table', from: { schema, table: 't' } }),
      tables.evolution(tables.relation('t', [id, text('a')], { key: [0], identity: 'key' }), { kind: 'create-table' }),
      tables.evolution(tables.relation('gone'), { kind: 'drop-table' }),
    ]);
    expect(Object.keys(await tables.tables())).toEqual(['other', 't']);
    expect(await rowsOf(database, 'other')).toEqual([{ id: 1 }]);
    expect(await namesOf(database)).toEqual(['id', 'a']);
    const beside = { ...tables.relation('t', [id]), schema: `${schema}_beside` };
    try {
      await tables.evolve([tables.evolution(beside, { kind: 'create-table' })], 'beside');
      expect(await database.query(`SELECT * FROM ${schema}_beside.t`)).toEqual([]);
    } finally {
      await database.query(`DROP DATABASE IF EXISTS ${schema}_beside`);
    }
  });

  /** What is the hardest: names that are free only because of the step before. */
  const chain = (tables: EvolvingTables): readonly TableEvolution[] => {
    const { schema } = tables.relation('');
    return [
      tables.evolution(
        tables.relation('t', [id]),
        { kind: 'rename-column', from: 'a', name: 'b' },
        { kind: 'add-column', column: text('a'), fill: 'new' },
        { kind: 'rename-column', from: 'a', name: 'c' },
        { kind: 'add-column', column: int('a'), fill: null },
        { kind: 'keep-column', name: 'kept' },
        { kind: 'alter-column-type', column: column('wider', 'bigint', 'bigint'), from: 'int' },
        { kind: 'drop-column', name: 'dropped', otherwise: 'skip' },
      ),
      tables.evolution(tables.relation('u', [id]), { kind: 'rename-table', from: { schema, table: 't' } }),
      tables.evolution(tables.relation('t', [id], { key: [0], identity: 'key' }), { kind: 'create-table' }),
      tables.evolution(tables.relation('old'), { kind: 'drop-table' }),
    ];
  };
  const start = [
    'CREATE TABLE t (id int PRIMARY KEY, a int, kept int NOT NULL, wider int, dropped int)',
    'INSERT INTO t VALUES (1, 2, 3, 4, 5)',
    'CREATE TABLE old (id int)',
  ];
  const restart = async (database: MysqlTestDatabase) => {
    await database.query('DROP TABLE IF EXISTS t, u, old');
    for (const statement of start) await database.query(statement);
  };

  it('end the same wherever the connection breaks', { timeout: 120_000 }, async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(database, ...start);
    await tables.evolve(chain(tables), 'whole');
    const whole = await tables.tables();
    expect(await rowsOf(database, 'u')).toEqual(
      [{ id: 1, b: 2, kept: 3, wider: '4', c: 'new', a: null }].map((row) => ({ ...row, wider: 4 })),
    );
    for (const side of ['before', 'behind'] as const)
      for (let number = 0; ; number++) {
        await restart(database);
        const place = `${side} ${number}`;
        const broken = breaking(tables.stream.opened.session, number, side);
        const isBroken = await tables.evolve(chain(tables), place, broken).then(
          () => false,
          (error) => error.message === 'cut' || Promise.reject(error),
        );
        if (isBroken) await tables.stream.reopen();
        // Twice: nothing says that it is over before the next commit.
        await tables.evolve(chain(tables), place);
        await tables.evolve(chain(tables), place);
        expect(await tables.tables(), place).toEqual(whole);
        if (!isBroken) {
          expect(number).toBeGreaterThan(20);
          break;
        }
      }
    // Every attempt gets one message further.
    await restart(database);
    for (let number = 1; ; number++) {
      const broken = breaking(tables.stream.opened.session, number, 'behind');
      const isBroken = await tables.evolve(chain(tables), 'again and again', broken).then(
        () => false,
        () => true,
      );
      if (!isBroken) break;
      await tables.stream.reopen();
    }
    expect(await tables.tables()).toEqual(whole);
    expect(tables.events).toEqual([]);
  });

  it('keep what is done at a place until the checkpoint has left its position', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(
      database,
      'CREATE TABLE t (id int PRIMARY KEY, a int)',
      'INSERT INTO t VALUES (1, 2)',
    );
    const relation = tables.relation('t', [id]);
    const moved = [
      tables.evolution(
        relation,
        { kind: 'rename-column', from: 'a', name: 'b' },
        { kind: 'add-column', column: int('a'), fill: '3' },
      ),
    ];
    await tables.evolve(moved, 'first');
    await tables.evolve([tables.evolution(relation, { kind: 'add-column', column: int('c'), fill: null })], 'second');
    await tables.evolve(moved, 'first');
    expect(await rowsOf(database)).toEqual([{ id: 1, b: 2, a: 3, c: null }]);
    expect(await tables.stream.write({ position: 'further' })).toBe(1);
    await tables.evolve([tables.evolution(relation, { kind: 'drop-column', name: 'b' })], 'third');
    await tables.evolve(moved, 'first');
    expect(await rowsOf(database)).toEqual([{ id: 1, b: 3, c: null, a: 3 }]);
  });

  it('are not changed where somebody else has written into the log of what is done', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(database, ...start);
    const before = await tables.tables();
    await database.query("UPDATE checkpoint SET pending_ddl = '{'");
    await expect(tables.evolve(chain(tables))).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      details: { column: 'pending_ddl' },
    });
    expect(await tables.tables()).toEqual(before);
  });

  it('are changed by nobody who has lost the checkpoint', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(database, ...start);
    const before = await tables.tables();
    await database.query('UPDATE checkpoint SET epoch = epoch + 1');
    await expect(tables.evolve(chain(tables))).rejects.toMatchObject({ code: 'FENCED' });
    await database.query('UPDATE checkpoint SET epoch = epoch - 1');
    expect(await tables.tables()).toEqual(before);
    // In between.
    const { session } = tables.stream.opened;
    let updates = 0;
    const losing = new Proxy(session, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return async (...given: unknown[]) => {
          const isUpdate = key === 'script' && /^UPDATE/.test(String((given[0] as readonly string[])[0]));
          if (isUpdate && ++updates === 2) await database.query('UPDATE checkpoint SET epoch = epoch + 1');
          return value.apply(target, given);
        };
      },
    });
    await expect(tables.evolve(chain(tables), 'here', losing)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await namesOf(database)).toEqual(['id', 'b', 'kept', 'wider', 'dropped']);
  });

  it('are left alone when somebody else has changed them behind a statement whose outcome was lost', async () => {
    await using database = await createMysqlDatabase(server);
    await using tables = await opened(database, 'CREATE TABLE t (id int PRIMARY KEY, a int)');
    const evolutions = [
      tables.evolution(
        tables.relation('t', [id]),
        { kind: 'rename-column', from: 'a', name: 'b' },
        { kind: 'add-column', column: int('a'), fill: null },
      ),
    ];
    // The log, the table, its columns, its shape, what is begun.
    const broken = breaking(tables.stream.opened.session, 5, 'behind');
    await expect(tables.evolve(evolutions, 'here', broken)).rejects.toThrow('cut');
    await tables.stream.reopen();
    expect(await namesOf(database)).toEqual(['id', 'a']);
    await database.query('ALTER TABLE t ADD COLUMN z int');
    const unexpected = {
      code: 'SCHEMA_UNEXPECTED',
      recovery: 'operator',
      hint: expect.stringContaining('RENAME COLUMN `a` TO `b`'),
    };
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(tables.evolve(evolutions)).rejects.toMatchObject(unexpected);
    expect(await namesOf(database)).toEqual(['id', 'a', 'z']);
    await database.query('ALTER TABLE t DROP COLUMN z, RENAME COLUMN a TO b');
    await tables.evolve(evolutions);
    expect(await namesOf(database)).toEqual(['id', 'b', 'a']);
  });
});
