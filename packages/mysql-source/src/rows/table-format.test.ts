import { describe, expect, it } from 'vitest';
import { columnType } from '../binlog/column-type.ts';
import type { MappedColumn } from '../binlog/table-map.ts';
import type { ColumnDefinition, TableDefinition } from '../schema/table-definition.ts';
import { definitionOf } from './definition-of.ts';
import { tableFormat } from './table-format.ts';
import { everyColumn, tableMap } from './table-map.test-support.ts';

const column = (type: string, collation: string | null = null): ColumnDefinition => ({
  name: 'c',
  type,
  collation,
  nullable: true,
  generated: null,
  invisible: false,
});
const table = (...columns: readonly ColumnDefinition[]): TableDefinition => ({
  schema: 's',
  table: 't',
  columns,
  primaryKey: null,
});
/** As a log has it that says nothing but types. */
const logged = (type: number, metadata = 0): MappedColumn => ({ type, metadata, nullable: true });
const format = (mapped: MappedColumn, defined: ColumnDefinition) =>
  tableFormat(tableMap([mapped], null), table(defined), { version: 1 });

describe('definitionOf', () => {
  it('says the types as information_schema does', () => {
    const definition = definitionOf(tableMap(everyColumn));
    expect(definition?.columns.map(({ type }) => type)).toEqual([
      'int',
      'tinyint unsigned',
      'smallint',
      'mediumint',
      'bigint unsigned',
      'float',
      'double',
      'decimal(65,30)',
      'year',
      'date',
      'time(6)',
      'datetime(3)',
      'timestamp(1)',
      'bit(64)',
      'bit(3)',
      'char(10)',
      'binary(16)',
      'varchar(100)',
      'varchar(20)',
      'varchar(10)',
      'varchar(100)',
      'tinyblob',
      'longtext',
      'text',
      'blob',
      'json',
      'geometry',
      'vector(3)',
      "enum('a','it''s')",
      "set('a','b')",
    ]);
    expect(definition?.columns.map(({ collation }) => collation).filter((collation) => collation !== null)).toEqual([
      'utf8mb4_0900_ai_ci',
      'utf8mb4_0900_ai_ci',
      'latin1_swedish_ci',
      'cp932_japanese_ci',
      'utf8mb4_0900_ai_ci',
      'utf8mb4_0900_ai_ci',
      'utf16_general_ci',
      'utf8mb4_0900_ai_ci',
      'utf8mb4_0900_ai_ci',
    ]);
    expect(definition?.primaryKey).toEqual(['c0']);
  });

  it.each([
    ['a name', { name: undefined }, 0],
    ['whether it is unsigned', { unsigned: undefined }, 0],
    ['a collation', { collation: undefined }, 17],
    ['a collation that anybody knows', { collation: 999 }, 17],
    ['the values of an ENUM', { values: undefined }, 28],
    ['the digits behind the second', { type: columnType.time, metadata: 0 }, 10],
    ['the kind of a geometry', { geometry: undefined }, 26],
  ])('is nothing where the log does not say %s', (_, missing, index) => {
    const columns = everyColumn.map((each, at) => (at === index ? { ...each, ...missing } : each));
    expect(definitionOf(tableMap(columns as readonly MappedColumn[]))).toBeNull();
  });
});

describe('tableFormat', () => {
  it('has a decoder and a type for every column', () => {
    const map = tableMap(everyColumn);
    const { relation, decoders } = tableFormat(map, definitionOf(map) ?? table(), { version: 3 });
    expect(decoders).toHaveLength(everyColumn.length);
    expect(relation).toMatchObject({
      schema: 's',
      table: 't',
      version: 3,
      key: [0],
      identity: 'key',
      dialect: 'mysql',
    });
    expect(relation.columns.slice(0, 5)).toEqual(
      ['int', 'smallint', 'smallint', 'int', 'bigint'].map((type, at) => ({
        name: `c${at}`,
        type,
        native: ['int', 'tinyint unsigned', 'smallint', 'mediumint', 'bigint unsigned'][at],
        nullable: true,
        generated: false,
      })),
    );
  });

  it('tells rows by a unique key where there is no primary key', () => {
    const map = tableMap([logged(columnType.long), logged(columnType.long)], null);
    const definition = table({ ...column('int'), name: 'a' }, { ...column('int'), name: 'b' });
    expect(tableFormat(map, definition, { version: 1 }).relation).toMatchObject({ key: null, identity: 'full' });
    const keyed = { ...definition, uniqueKeys: [['b', 'a']] };
    expect(tableFormat(map, keyed, { version: 1 }).relation).toMatchObject({ key: [1, 0], identity: 'index' });
  });

  it.each([
    ['int', columnType.longLong, 0],
    ['int', columnType.varchar, 20],
    ['decimal(10,2)', columnType.newDecimal, 11 * 256 + 2],
    ['decimal(10,2)', columnType.newDecimal, 10 * 256 + 3],
    ['datetime(3)', columnType.dateTime2, 6],
    ['datetime', columnType.timestamp2, 0],
    ['datetime(3)', columnType.timestamp, 0],
    ['bit(8)', columnType.bit, 9],
    ['binary(4)', columnType.string, 5],
    ['varbinary(4)', columnType.string, 4],
    ['blob', columnType.blob, 4],
    ["enum('a')", columnType.enum, 2],
    ["set('a')", columnType.set, 2],
    ['json', columnType.blob, 2],
    ['point', columnType.blob, 4],
    ['no such type', columnType.long, 0],
  ])('%s does not read what was logged as type %i with %i', (type, mapped, metadata) => {
    expect(() => format(logged(mapped, metadata), column(type))).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH', details: { table: 's.t', column: 'c' } }),
    );
  });

  it.each([
    ['another sign', { ...logged(columnType.long), unsigned: true }, column('int')],
    ['another name', { ...logged(columnType.long), name: 'd' }, column('int')],
    [
      'another character set',
      { ...logged(columnType.varchar, 80), collation: 8 },
      column('varchar(20)', 'utf8mb4_bin'),
    ],
    ['another length in characters', logged(columnType.varchar, 60), column('varchar(20)', 'utf8mb4_bin')],
    ['no collation', logged(columnType.varchar, 20), column('varchar(20)')],
  ])('does not read what was logged with %s', (_, mapped, defined) => {
    expect(() => format(mapped, defined)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });

  it('does not read another number of columns, nor another key', () => {
    const map = tableMap([logged(columnType.long)], [0]);
    expect(() => tableFormat(map, table(column('int'), column('int')), { version: 1 })).toThrow(/1 columns .* 2/);
    const other = { ...table({ ...column('int'), name: 'c' }), primaryKey: ['d'] };
    expect(() => tableFormat(map, other, { version: 1 })).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });

  it('says which column is in a character set that cannot be read', () => {
    expect(() => format(logged(columnType.varchar, 20), column('varchar(20)', 'klingon_bin'))).toThrow(
      expect.objectContaining({ code: 'TYPE_UNREADABLE', details: { table: 's.t', column: 'c' } }),
    );
  });

  it('takes the types as the servers write them', () => {
    const types: readonly (readonly [string, number, number])[] = [
      ['int unsigned zerofill', columnType.long, 0],
      ['year(4)', columnType.year, 0],
      ['tinyint(1)', columnType.tiny, 0],
      ['float(7,3)', columnType.float, 4],
      ['varchar(20) /*M!100301 COMPRESSED*/', columnType.varcharCompressed, 81],
      ['uuid', columnType.string, 16],
      ['vector(3)', columnType.varchar, 12],
    ];
    for (const [type, mapped, metadata] of types)
      expect(format(logged(mapped, metadata), column(type, 'utf8mb4_bin')).decoders).toHaveLength(1);
  });
});
