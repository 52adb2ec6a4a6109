import { NotUnderstood } from '../ddl/not-understood.ts';
import type { ColumnDefinition } from '../table-definition.ts';
import { maxBytesOf } from './collation.ts';
import { textFor } from './column-type.ts';
import type { SchemaSettings } from './schema-settings.ts';

const textBytes: Readonly<Record<string, number>> = {
  tinytext: 255,
  text: 65_535,
  mediumtext: 16_777_215,
  longtext: 4_294_967_295,
};

/** A column behind `CONVERT TO CHARACTER SET`. Texts get a type in which as many characters have room. */
export const convertColumn = (
  column: ColumnDefinition,
  collation: string,
  settings: SchemaSettings,
): ColumnDefinition => {
  if (column.collation === null) return column;
  const isBinary = collation === 'binary';
  const named = isBinary ? null : collation;
  if (/^(?:enum|set)\(/.test(column.type)) {
    // Servers spoil other values: 'ä' of latin1 becomes '' or '?'.
    const isPlain = [column.collation, collation].every((name) => !/^(?:ucs2|utf16|utf32)/.test(name));
    if (!isPlain || /[^ -~]/.test(column.type))
      throw new NotUnderstood(`the values of ${column.name} in another character set`);
    return { ...column, collation: named };
  }
  const family = isBinary ? 'blob' : 'text';
  const maxBytes = maxBytesOf(collation, settings);
  const bytes = textBytes[column.type];
  if (bytes !== undefined) {
    const characters = Math.floor(bytes / maxBytesOf(column.collation, settings));
    return { ...column, type: textFor(family, characters * maxBytes), collation: named };
  }
  const [, name, length, rest] = /^(char|varchar)\((\d+)\)(.*)$/.exec(column.type) ?? [];
  if (name === undefined) return { ...column, collation: named };
  const room = Number(length) * maxBytes;
  if (name === 'varchar' && room > 65_535) return { ...column, type: textFor(family, room), collation: named };
  const type = isBinary ? `${name === 'char' ? 'binary' : 'varbinary'}(${length})${rest}` : column.type;
  return { ...column, type, collation: named };
};
