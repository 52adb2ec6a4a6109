import type { Column, Relation } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createTable, creationStatements } from './create-table.ts';
import { mysqlNames } from './mysql-types.ts';

const mysql = { kind: 'mysql', version: 90_704 } as const;
const mariadb = { kind: 'mariadb', version: 110_800 } as const;
const oldMariadb = { kind: 'mariadb', version: 100_500 } as const;

const column = (name: string, native: string, type: Column['type'] = 'text', nullable = true): Column => ({
  name,
  native,
  type,
  nullable,
  generated: false,
});

const relation = (columns: readonly Column[], rest: Partial<Relation> = {}): Relation => ({
  schema: 'shop',
  table: 'users',
  version: 0,
  columns,
  key: null,
  identity: 'full',
  ...rest,
});

const typesOf = (given: Relation, server: Parameters<typeof mysqlNames>[1] = mysql) =>
  mysqlNames({}, server)
    .of(given)
    .columns.map(({ native }) => native.replace(/ character set utf8mb4 collate utf8mb4_0900_bin$/, ''));

describe('tables at MySQL and MariaDB', () => {
  it('have whole seconds as the server says them', () => {
    const given = relation([
      column('a', 'timestamp(0) without time zone', 'timestamp'),
      column('b', 'time(0) without time zone', 'time'),
    ]);
    expect(typesOf(given)).toEqual(['datetime', 'time']);
  });

  it('have no two columns whose names differ in case alone', () => {
    const given = relation([column('a', 'integer', 'int'), column('A', 'integer', 'int')]);
    expect(() => mysqlNames({}, mysql).of(given)).toThrow(expect.objectContaining({ code: 'NAME_TAKEN' }));
    const columns = { A: 'b' };
    expect(mysqlNames({ tables: { 'shop.users': { columns } } }, mysql).of(given).columns[1]?.name).toBe('b');
  });

  it('are made with the types of the server and a primary key', () => {
    const given = relation(
      [
        column('id', 'integer', 'int', false),
        column('name', 'character varying(20)'),
        { ...column('computed', 'integer', 'int'), generated: true },
        column('at', 'timestamp(3) with time zone', 'timestamptz', false),
      ],
      { key: [0], identity: 'key' },
    );
    const sql = (server: Parameters<typeof mysqlNames>[1]) => createTable(mysqlNames({}, server).of(given));
    expect(sql(mysql)).toBe(
      [
        'CREATE TABLE `shop`.`users` (',
        '  `id` int NOT NULL,',
        '  `name` varchar(20) character set utf8mb4 collate utf8mb4_0900_bin NULL,',
        '  `at` datetime(3) NOT NULL,',
        '  PRIMARY KEY (`id`)',
        ') ENGINE=InnoDB',
      ].join('\n'),
    );
    expect(sql(mariadb)).toContain('collate utf8mb4_nopad_bin');
    expect(creationStatements([given], new Set(), new Map()).map(({ kind }) => kind)).toEqual([
      'create-schema',
      'create-table',
    ]);
  });

  it('get a length for texts and bytes of a key, of which all fit into an index', () => {
    const keyed = (...columns: Column[]) => typesOf(relation(columns, { key: columns.map((_, at) => at) }));
    expect(keyed(column('a', 'text'))).toEqual(['varchar(255)']);
    expect(keyed(column('a', 'bytea', 'bytes'))).toEqual(['varbinary(255)']);
    expect(keyed(column('a', 'numeric', 'decimal'))).toEqual(['varchar(255) character set ascii collate ascii_bin']);
    expect(keyed(column('a', 'character varying(1000)'))).toEqual(['varchar(768)']);
    expect(keyed(column('a', 'character varying(1000)'), column('b', 'integer', 'int'))).toEqual([
      'varchar(767)',
      'int',
    ]);
    expect(
      keyed(column('a', 'text'), column('b', 'text'), column('c', 'text'), column('d', 'character varying(20)')),
    ).toEqual(['varchar(249)', 'varchar(249)', 'varchar(249)', 'varchar(20)']);
  });

  it('keep the longest texts beside the row where it would be too long', () => {
    const given = relation([
      column('a', 'character varying(9000)'),
      column('b', 'character varying(10000)'),
      column('c', 'character varying(100)'),
    ]);
    expect(typesOf(given)).toEqual(['varchar(9000)', 'longtext', 'varchar(100)']);
  });

  it('have what the other server lacks in another type', () => {
    const natives = ['uuid', 'inet4', 'inet6', 'vector(3)', 'json', 'geomcollection'];
    const given = relation(
      natives.map((native) => column(native, native, 'other')),
      { dialect: 'mysql' },
    );
    const ascii = 'character set ascii collate ascii_bin';
    expect(typesOf(given)).toEqual([
      `char(36) ${ascii}`,
      `varchar(15) ${ascii}`,
      `varchar(39) ${ascii}`,
      'vector(3)',
      'json',
      'geomcollection',
    ]);
    const bare = (server: Parameters<typeof mysqlNames>[1]) =>
      typesOf(given, server).map((type) => type.replace(/ character set .*/, ''));
    expect(bare(mariadb)).toEqual(['uuid', 'inet4', 'inet6', 'vector(3)', 'longtext', 'geometrycollection']);
    expect(bare(oldMariadb)).toEqual([
      'char(36)',
      'varchar(15)',
      'inet6',
      'longtext',
      'longtext',
      'geometrycollection',
    ]);
  });

  it('leave the collation of texts of MySQL to the server, but for those of a key', () => {
    const given = relation([column('a', 'varchar(20)', 'text', false), column('b', 'varchar(20)')], {
      dialect: 'mysql',
      key: [0],
    });
    const natives = mysqlNames({}, mysql)
      .of(given)
      .columns.map(({ native }) => native);
    expect(natives).toEqual([
      'varchar(20) character set utf8mb4 collate utf8mb4_0900_bin',
      'varchar(20) character set utf8mb4',
    ]);
  });
});
