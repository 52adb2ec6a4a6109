import type { Column, EvolutionStep, Relation } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import type { CatalogColumn } from './catalog-column.ts';
import { columnDefinition } from './column-definition.ts';
import { creation, type EvolvingTable, evolutionStatements, RefusedStep, renaming } from './evolution-statements.ts';

const mysql = { kind: 'mysql', version: 80_400 } as const;
const mariadb = { kind: 'mariadb', version: 101_100 } as const;

const column = (name: string, parts: Partial<CatalogColumn> = {}): CatalogColumn => ({
  name,
  dataType: 'int',
  type: 'int',
  nullable: true,
  default: null,
  extra: '',
  comment: '',
  characterSet: null,
  collation: null,
  generated: false,
  srid: null,
  ...parts,
});
const target: EvolvingTable = {
  schema: 'shop',
  table: 'a`b',
  columns: [
    column('there'),
    column('needed', { nullable: false }),
    column('keyed', { nullable: false }),
    column('numbered', { nullable: false, extra: 'auto_increment' }),
    column('filled', { nullable: false, default: '7' }),
    column('exact', { dataType: 'decimal', type: 'decimal(10,2)' }),
  ],
  uniqueIndexes: [
    { name: 'PRIMARY', columns: ['keyed', 'numbered'] },
    { name: 'both', columns: ['there', 'needed'] },
    { name: 'alone', columns: ['there'] },
    { name: 'beginnings', columns: null },
  ],
  foreignKeys: [],
  unknownDefaults: new Set(),
};
const typed = (name: string, native: string, type: Column['type'] = 'other'): Column => ({
  name,
  type,
  native,
  nullable: null,
  generated: false,
});
const relation: Relation = {
  schema: 'shop',
  table: 'a`b',
  version: 1,
  columns: [typed('there', 'int'), typed('needed', 'int'), typed('new', 'longtext', 'text')],
  key: null,
  identity: 'none',
};
type StepOfOne = Exclude<EvolutionStep, { readonly kind: 'create-table' | 'rename-table' }>;
type WithoutEnd<S> = S extends unknown ? Omit<S, 'otherwise'> : never;
const planned = (step: WithoutEnd<StepOfOne>, dialect: Relation['dialect'] = 'mysql', of = target) =>
  evolutionStatements({ ...step, otherwise: 'fail' } as StepOfOne, of, { relation, dialect, server: mysql });
const sql = (...given: Parameters<typeof planned>) => planned(...given).map((statement) => statement.sql);
const namesBehind = (...given: Parameters<typeof planned>) =>
  planned(...given).map(({ after }) => after.map(({ columns }) => columns?.map(({ name }) => name) ?? null));
const alter = 'ALTER TABLE `shop`.`a``b`';
const names = target.columns.map(({ name }) => name);

describe('what a step is at the server', () => {
  test('a new column, with the value that rows have which are there', () => {
    const add = { kind: 'add-column', column: typed('new', 'int', 'int'), fill: null } as const;
    expect(sql(add)).toEqual([`${alter} ADD COLUMN \`new\` int NULL`]);
    expect(namesBehind(add)).toEqual([[[...names, 'new']]]);
    const text = { ...add, column: typed('new', 'longtext', 'text'), fill: "it's \\" };
    expect(sql(text)).toEqual([
      `${alter} ADD COLUMN \`new\` longtext NULL DEFAULT ('it''s \\\\')`,
      `${alter} MODIFY COLUMN \`new\` longtext NULL`,
    ]);
    expect(sql({ ...add, column: typed('new', 'tinyint(1)', 'boolean'), fill: 't' }).at(0)).toBe(
      `${alter} ADD COLUMN \`new\` tinyint(1) NULL DEFAULT 1`,
    );
    expect(() => sql({ ...add, fill: 'one' })).toThrow(RefusedStep);
    expect(sql({ ...add, column: { ...add.column, generated: true } })).toEqual([]);
  });

  test('a column that goes takes the indexes with it that its source has no more', () => {
    const drop = (name: string) => ({ kind: 'drop-column', name }) as const;
    expect(sql(drop('exact'))).toEqual([`${alter} DROP COLUMN \`exact\``]);
    expect(sql(drop('there'))).toEqual([`${alter} DROP COLUMN \`there\``]);
    expect(sql(drop('there'), undefined)).toEqual([`${alter} DROP COLUMN \`there\``]);
    expect(
      evolutionStatements({ ...drop('there'), otherwise: 'fail' }, target, {
        relation,
        dialect: undefined,
        server: mysql,
      }).map((each) => each.sql),
    ).toEqual([`${alter} DROP INDEX \`both\`, DROP COLUMN \`there\``]);
    expect(namesBehind(drop('there'))).toEqual([[names.slice(1)]]);
  });

  test('a column that stays without its source', () => {
    const keep = (name: string) => sql({ kind: 'keep-column', name });
    expect(keep('needed')).toEqual([`${alter} MODIFY COLUMN \`needed\` int NULL`]);
    // It identifies nothing any more.
    expect(keep('keyed')).toEqual([`${alter} DROP PRIMARY KEY, MODIFY COLUMN \`keyed\` int NULL`]);
    for (const name of ['there', 'filled', 'numbered', 'gone']) expect(keep(name)).toEqual([]);
  });

  test('another name', () => {
    const rename = { kind: 'rename-column', from: 'there', name: 'Then' } as const;
    expect(sql(rename)).toEqual([`${alter} RENAME COLUMN \`there\` TO \`Then\``]);
    expect(namesBehind(rename)).toEqual([[['Then', ...names.slice(1)]]]);
    // One of the new name is not taken for the one that is renamed: the server refuses.
    expect(sql({ ...rename, name: 'needed' })).toHaveLength(1);
  });

  test('a column whose name is wanted stays under one that is free, of no more than 64 characters', () => {
    const aside = (name: string, taken: readonly string[] = []) =>
      sql({ kind: 'set-aside-column', name }, 'mysql', {
        ...target,
        columns: [name, ...taken].map((each) => column(each)),
      });
    expect(aside('there')).toEqual([`${alter} RENAME COLUMN \`there\` TO \`there (dropped)\``]);
    expect(aside('there', ['THERE (dropped)'])).toEqual([`${alter} RENAME COLUMN \`there\` TO \`there (dropped 2)\``]);
    expect(aside('ü'.repeat(64))).toEqual([
      `${alter} RENAME COLUMN \`${'ü'.repeat(64)}\` TO \`${'ü'.repeat(54)} (dropped)\``,
    ]);
  });

  test('another type, unless values would be changed without a word', () => {
    const retype = (name: string, native: string) =>
      sql({ kind: 'alter-column-type', column: typed(name, native), from: 'x' });
    expect(retype('needed', 'bigint')).toEqual([`${alter} MODIFY COLUMN \`needed\` bigint NOT NULL`]);
    expect(retype('there', 'int(11)')).toEqual([]);
    expect(retype('filled', 'varchar(9) character set utf8mb4')).toEqual([
      `${alter} MODIFY COLUMN \`filled\` varchar(9) character set utf8mb4 NOT NULL DEFAULT '7'`,
    ]);
    for (const native of ['decimal(10,1)', 'double', 'int']) expect(() => retype('exact', native)).toThrow(RefusedStep);
  });

  test('values that may be missing, and defaults', () => {
    const nullability = (name: string, nullable: boolean) => sql({ kind: 'alter-column-nullability', name, nullable });
    expect(nullability('needed', true)).toEqual([`${alter} MODIFY COLUMN \`needed\` int NULL`]);
    expect(nullability('there', false)).toEqual([`${alter} MODIFY COLUMN \`there\` int NOT NULL`]);
    expect([nullability('needed', false), nullability('there', true), nullability('gone', true)]).toEqual([[], [], []]);
    const byDefault = (name: string, value: string | null) =>
      ({ kind: 'alter-column-default', name, sql: value }) as const;
    expect(sql(byDefault('there', "'5'"))).toEqual([`${alter} ALTER COLUMN \`there\` SET DEFAULT 5`]);
    expect(sql(byDefault('there', null))).toEqual([`${alter} ALTER COLUMN \`there\` SET DEFAULT NULL`]);
    expect(sql(byDefault('needed', null))).toEqual([`${alter} ALTER COLUMN \`needed\` DROP DEFAULT`]);
    expect(sql(byDefault('there', 'now()'))).toEqual([]);
    expect(
      evolutionStatements({ ...byDefault('there', "'5'"), otherwise: 'fail' }, target, {
        relation,
        dialect: undefined,
        server: mysql,
      }),
    ).toEqual([]);
  });

  test('what is done already is left alone', () => {
    expect(sql({ kind: 'add-column', column: typed('there', 'int'), fill: '1' })).toEqual([]);
    expect(sql({ kind: 'drop-column', name: 'gone' })).toEqual([]);
    expect(sql({ kind: 'rename-column', from: 'gone', name: 'there' })).toEqual([]);
    expect(sql({ kind: 'set-aside-column', name: 'gone' })).toEqual([]);
  });

  test('whole tables', () => {
    expect(sql({ kind: 'drop-table' })).toEqual(['DROP TABLE `shop`.`a``b`']);
    expect(namesBehind({ kind: 'drop-table' })).toEqual([[null]]);
    const [renamed] = renaming(target, { schema: 'other', table: 'c' });
    expect(renamed?.sql).toBe('RENAME TABLE `shop`.`a``b` TO `other`.`c`');
    expect(renamed?.after.map(({ schema, columns }) => [schema, columns?.length])).toEqual([
      ['shop', undefined],
      ['other', names.length],
    ]);
    expect(renaming(target, target)).toEqual([]);
    expect(creation(relation, true)).toHaveLength(1);
    expect(creation(relation, false).at(0)?.sql).toBe('CREATE DATABASE IF NOT EXISTS `shop` CHARACTER SET utf8mb4');
  });
});

describe('what a definition says again', () => {
  const text = { dataType: 'varchar', type: 'varchar(9)', characterSet: 'utf8mb4', collation: 'utf8mb4_bin' } as const;
  const written = 'varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
  const again = (parts: Partial<CatalogColumn>, server: typeof mysql | typeof mariadb = mysql) =>
    columnDefinition(column('a', parts), {}, server);

  test('what a value is made of', () => {
    expect(again({ ...text, default: "it's \\", comment: "the 'name'" })).toBe(
      `${written} NULL DEFAULT 'it''s \\\\' COMMENT 'the ''name'''`,
    );
    expect(again({ ...text, default: 'CURRENT_TIMESTAMP' })).toBe(`${written} NULL DEFAULT 'CURRENT_TIMESTAMP'`);
    expect(again({ ...text, default: "_utf8mb4\\'a\\'", extra: 'DEFAULT_GENERATED' })).toBe(
      `${written} NULL DEFAULT (_utf8mb4'a')`,
    );
    expect(again({ dataType: 'bit', type: 'bit(3)', default: "b'101'" })).toBe("bit(3) NULL DEFAULT b'101'");
    expect(again({ dataType: 'varbinary', type: 'varbinary(3)', default: '0x61' })).toBe(
      'varbinary(3) NULL DEFAULT 0x61',
    );
    expect(again({ ...text, default: "'it''s'" }, mariadb)).toBe(`${written} NULL DEFAULT 'it''s'`);
    expect(again({ ...text, default: 'NULL' }, mariadb)).toBe(`${written} NULL`);
  });

  test('what happens by itself', () => {
    const moment = { dataType: 'timestamp', type: 'timestamp(3)', nullable: false } as const;
    expect(
      again({
        ...moment,
        default: 'CURRENT_TIMESTAMP(3)',
        extra: 'DEFAULT_GENERATED on update CURRENT_TIMESTAMP(3)',
      }),
    ).toBe('timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)');
    expect(
      again({ ...moment, default: 'current_timestamp(3)', extra: 'on update current_timestamp(3)' }, mariadb),
    ).toBe('timestamp(3) NOT NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3)');
    expect(again({ nullable: false, extra: 'auto_increment INVISIBLE' })).toBe('int NOT NULL AUTO_INCREMENT INVISIBLE');
    expect(again({ dataType: 'point', type: 'point', srid: '4326' })).toBe('point SRID 4326 NULL');
  });
});
