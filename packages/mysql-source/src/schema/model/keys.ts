import { NotUnderstood } from '../ddl/not-understood.ts';
import type { KeySpec } from '../ddl/statement.ts';
import type { ColumnDefinition } from '../table-definition.ts';
import { maxBytesOf } from './collation.ts';
import type { SchemaSettings } from './schema-settings.ts';
import { isSameName, type KeyModel, type TableModel } from './table-model.ts';

const findColumn = (columns: readonly ColumnDefinition[], name: string): ColumnDefinition => {
  const found = columns.find((column) => isSameName(column.name, name));
  if (found === undefined) throw new NotUnderstood(`a key over ${name}, which the history does not have`);
  return found;
};

/** A key that may have no name yet. */
type Candidate = Omit<KeyModel, 'name'> & { readonly name: string | null };

/**
 * The keys of a table and those that a statement adds, named as the server names them.
 *
 * @param before those that `IF NOT EXISTS` is about: also keys that the statement itself drops
 */
export const addKeys = (
  keys: readonly KeyModel[],
  added: readonly KeySpec[],
  columns: readonly ColumnDefinition[],
  before: readonly KeyModel[] = [],
): readonly KeyModel[] => {
  const candidates: Candidate[] = [...keys];
  for (const key of added) {
    const isThere = ({ kind, name }: Candidate) =>
      key.kind === 'primary' ? kind === 'primary' : isSameName(name ?? '', key.name ?? key.parts[0]?.column ?? '');
    if (key.ifNotExists && (before.some(isThere) || candidates.slice(keys.length).some(isThere))) continue;
    const parts = key.parts.map((part) => {
      if (part.column === null) return part;
      const column = findColumn(columns, part.column);
      return { column: column.name, length: prefixOf(part.length, column) };
    });
    const implied = key.kind === 'foreign';
    candidates.push({
      name: key.kind === 'primary' ? 'PRIMARY' : key.name,
      kind: key.kind === 'foreign' ? 'other' : key.kind,
      parts,
      hash: key.hash,
      implied,
    });
  }
  const named: KeyModel[] = [];
  for (const [index, key] of candidates.entries()) {
    const isServed = (other: Candidate, at: number) => at !== index && serves(other, key, at > index);
    if (key.implied && candidates.some(isServed)) continue;
    const name = key.name ?? madeUpName(named, key.parts[0]?.column ?? null);
    if (named.some((other) => isSameName(other.name, name))) throw new NotUnderstood(`a second key ${name}`);
    named.push({ ...key, name });
  }
  return named;
};

/** Whether a key begins with the columns of one that was made for a foreign key. Of two such keys the last is kept. */
const serves = (key: Candidate, implied: Candidate, isLater: boolean): boolean =>
  (!key.implied || isLater || key.parts.length > implied.parts.length) &&
  implied.parts.every(({ column }, index) => {
    const part = key.parts[index];
    return part !== undefined && part.column === column && part.length === null;
  });

/** The length of a part of a column in a key; `null`: it is all of it, or the type has no parts. */
export const prefixOf = (length: number | null, { type }: ColumnDefinition): number | null => {
  if (length === null || /(?:text|blob)\b/.test(type)) return length;
  const [, whole] = /^(?:var)?(?:char|binary)\((\d+)\)/.exec(type) ?? [];
  return whole !== undefined && length < Number(whole) ? length : null;
};

/** Bytes of a key that every engine takes as it is. */
const certainBytes = 767;

/** How many unique keys MariaDB may keep by a hash: as asked for, over texts, or too long for some engine. */
export const mostHashes = ({ keys, columns }: TableModel, settings: SchemaSettings): number => {
  const bytesOf = ({ column: name, length }: KeySpec['parts'][number]): number => {
    const column = columns.find((one) => one.name === name);
    const whole = /^(?:var)?(?:char|binary)\((\d+)\)/.exec(column?.type ?? '')?.[1];
    const characters = length ?? Number(whole ?? (/(?:text|blob)\b/.test(column?.type ?? '') ? Infinity : 0));
    return characters * (column?.collation == null ? 1 : maxBytesOf(column.collation, settings));
  };
  const isLong = ({ parts }: KeyModel) => parts.reduce((sum, part) => sum + bytesOf(part), 0) > certainBytes;
  return keys.filter((key) => key.kind === 'unique' && (key.hash || isLong(key))).length;
};

const madeUpName = (keys: readonly KeyModel[], column: string | null): string => {
  const base = column ?? 'functional_index';
  const isFree = (name: string) => !isSameName(name, 'PRIMARY') && !keys.some((key) => isSameName(key.name, name));
  if (isFree(base)) return base;
  for (let number = 2; ; number++) if (isFree(`${base}_${number}`)) return `${base}_${number}`;
};

/** Columns of a primary key are NOT NULL, whatever is written. */
export const withPrimaryKeyNotNull = (
  columns: readonly ColumnDefinition[],
  keys: readonly KeyModel[],
): readonly ColumnDefinition[] => {
  const primary = keys.find(({ kind }) => kind === 'primary');
  return columns.map((column) =>
    primary?.parts.some((part) => part.column === column.name) ? { ...column, nullable: false } : column,
  );
};
