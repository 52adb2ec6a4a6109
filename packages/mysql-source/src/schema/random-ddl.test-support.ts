import type { TableDefinition } from './table-definition.ts';

/** Numbers that are the same for the same seed (mulberry32). */
export const randomNumbers = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below) | 0;
  };
};

const names = ['a', 'A', 'b', 'c', 'd', 'e', 'f', 'G', 'a_2', 'b_2'];
const tables = ['t1', 't2', 't3', 't4', 'T5'];
const types = (
  'int|int unsigned|bigint(20)|tinyint(1)|bool|smallint zerofill|decimal(8)|numeric(12,4) unsigned|float(30)|double|bit(9)|' +
  'date|datetime(3)|timestamp|timestamp(6) null|time|year|varchar(10)|varchar(20) charset latin1|varchar(7) binary|' +
  'char(4) collate utf8mb4_bin|nchar(3)|text|text(60)|tinytext charset utf8|longtext|blob|varbinary(9)|char(3) byte|' +
  "enum('x','y''z')|set('p','q') charset latin1|json|text charset binary|mediumtext collate latin1_bin"
).split('|');
const charsets = ['utf8mb4', 'latin1', 'utf8mb3', 'utf8mb4 COLLATE utf8mb4_bin', 'latin1 COLLATE latin1_german2_ci'];

/** Statements of all kinds about a few tables. Servers refuse many of them. */
export const randomStatement = (
  random: (below: number) => number,
  existing: readonly TableDefinition[],
  flavor: 'mysql' | 'mariadb',
): string => {
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const maybe = (text: string, chance = 3) => (random(chance) === 0 ? text : '');
  const table = existing.length === 0 ? undefined : pick(existing);
  const column = () => (table !== undefined && random(8) > 0 ? pick(table.columns).name : pick(names));
  const attributes = () =>
    [
      maybe(' NOT NULL'),
      maybe(' INVISIBLE', 12),
      maybe(' UNIQUE', 10),
      maybe(' PRIMARY KEY', 14),
      maybe(" DEFAULT '1'", 6),
      maybe(" COMMENT 'x, (y'", 9),
    ].join('');
  const spec = () => `${pick(types)}${attributes()}`;
  const key = (named: () => string) =>
    `${pick(['UNIQUE', 'UNIQUE', 'KEY', 'INDEX', 'PRIMARY KEY'])} (${named()}${maybe('(3)', 8)}${maybe(`, ${named()}`, 2)})`;
  const place = () => pick(['', '', ' FIRST', ` AFTER ${column()}`]);
  const ifExists = flavor === 'mariadb' && random(3) === 0 ? 'IF EXISTS ' : '';
  const ifNotExists = flavor === 'mariadb' && random(3) === 0 ? 'IF NOT EXISTS ' : '';
  const clause = (): string =>
    pick([
      () => `ADD COLUMN ${ifNotExists}${pick(names)} ${spec()}${place()}`,
      () => `ADD (${pick(names)} ${spec()}, ${pick(names)} ${spec()})`,
      () => `DROP COLUMN ${ifExists}${column()}`,
      () => `MODIFY ${ifExists}${column()} ${spec()}${place()}`,
      () => `CHANGE ${ifExists}${column()} ${pick(names)} ${spec()}${place()}`,
      () => `RENAME COLUMN ${column()} TO ${pick(names)}`,
      () => `ADD ${key(column)}`,
      () => `DROP KEY ${ifExists}${column()}`,
      () => 'DROP PRIMARY KEY',
      () => `RENAME KEY ${column()} TO ${pick(names)}`,
      () => `CONVERT TO CHARACTER SET ${pick(charsets)}`,
      () => `DEFAULT CHARACTER SET ${pick(charsets)}`,
      () => `ADD ${pick(names)} int AS (1 + 1) ${pick(['VIRTUAL', 'STORED'])}`,
      () => `RENAME TO ${pick(tables)}`,
      () => 'COMMENT = "y"',
    ])();
  const create = () => {
    const own = [...new Set([pick(names), pick(names), pick(names), pick(names)])];
    const keys = [0, 1].flatMap(() => (random(2) === 0 ? [key(() => pick(own))] : []));
    const options = maybe(` CHARSET ${pick(charsets)}`, 2);
    return `CREATE TABLE ${pick(tables)} (${[...own.map((name) => `${name} ${spec()}`), ...keys].join(', ')})${options}`;
  };
  if (table === undefined || random(9) === 0) return create();
  const alter = () => `ALTER TABLE ${table.table} ${Array.from({ length: 1 + random(4) }, clause).join(', ')}`;
  return pick([
    alter,
    alter,
    alter,
    alter,
    alter,
    alter,
    () => `CREATE TABLE ${pick(tables)} LIKE ${table.table}`,
    () => `RENAME TABLE ${table.table} TO tmp, ${pick(existing).table} TO ${table.table}, tmp TO ${pick(tables)}`,
    () => `DROP TABLE ${table.table}`,
    () => `CREATE ${maybe('UNIQUE ', 2)}INDEX ${pick(names)} ON ${table.table} (${column()}, ${column()})`,
    () => `DROP INDEX ${column()} ON ${table.table}`,
    () => `TRUNCATE ${table.table}`,
  ])();
};
