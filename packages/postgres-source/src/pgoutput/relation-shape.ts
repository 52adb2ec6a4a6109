import type { Column, Relation } from '@millrace/core';
import type { BinaryTypes } from '../values/binary-types.ts';
import { builtinOid } from '../values/builtin-types.ts';
import { columnValues } from '../values/column-values.ts';
import { builtinNativeType } from '../values/native-type.ts';
import type { ValueForms } from '../values/value-forms.ts';
import type { RelationColumn, RelationMessage, TypeMessage } from './control-messages.ts';
import type { RowFormat } from './row-format.ts';

const quoted = (name: string): string => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

interface ColumnType {
  readonly native: string;
  /** The built-in type or array its values are of; that of the column where there is none. */
  readonly oid: number;
}

const columnType = (
  column: RelationColumn,
  types: ReadonlyMap<number, TypeMessage>,
  binaryTypes: BinaryTypes,
): ColumnType => {
  const oid = column.type;
  const native = builtinNativeType(oid, column.modifier);
  if (native !== null) return { native, oid };
  const type = types.get(oid);
  if (type === undefined) return { native: `oid ${oid}`, oid };
  // A domain arrives under its base type's name.
  const base = type.schema === 'pg_catalog' ? builtinOid(type.name) : undefined;
  const baseNative =
    base === undefined ? null : builtinNativeType(base, Math.max(column.modifier, binaryTypes.modifier(oid)));
  if (base !== undefined && baseNative !== null) return { native: baseNative, oid: base };
  return { native: binaryTypes.arrayName(oid) ?? `${quoted(type.schema)}.${quoted(type.name)}`, oid };
};

const flaggedKey = (columns: readonly RelationColumn[]): readonly number[] | null => {
  const key = columns.flatMap((column, index) => (column.key ? [index] : []));
  return key.length === 0 ? null : key;
};

const namedKey = (columns: readonly RelationColumn[], names: readonly string[] | null): readonly number[] | null => {
  const key = (names ?? []).map((name) => columns.findIndex((column) => column.name === name));
  return key.length === 0 || key.includes(-1) ? null : key;
};

/** What the log identifies rows by. `undefined`: the message names no replica identity there is. */
const identify = (
  message: RelationMessage,
  primaryKey: readonly string[] | null,
): Pick<Relation, 'key' | 'identity'> | undefined => {
  if (message.identity === 'n') return { key: null, identity: 'none' };
  // Every column is flagged then, so that the flags say nothing.
  if (message.identity === 'f') return { key: namedKey(message.columns, primaryKey), identity: 'full' };
  if (message.identity !== 'd' && message.identity !== 'i') return undefined;
  const key = flaggedKey(message.columns);
  if (key === null) return { key, identity: 'none' };
  return { key, identity: message.identity === 'd' ? 'key' : 'index' };
};

/**
 * A table's format as a Relation message and the Type messages before it describe it, version 0. `undefined` when
 * the message's replica identity is unknown.
 */
export const relationShape = (
  message: RelationMessage,
  types: ReadonlyMap<number, TypeMessage>,
  primaryKey: readonly string[] | null,
  binaryTypes: BinaryTypes,
  forms: ValueForms,
): RowFormat | undefined => {
  const identified = identify(message, primaryKey);
  if (identified === undefined) return undefined;
  const resolved = message.columns.map((column) => {
    const { native, oid } = columnType(column, types, binaryTypes);
    return { name: column.name, native, ...columnValues(oid, native, binaryTypes, forms) };
  });
  const columns = resolved.map(
    ({ name, native, described }): Column => ({ name, ...described, native, nullable: null, generated: false }),
  );
  const { schema, table } = message;
  return {
    relation: { schema, table, version: 0, columns, ...identified },
    decoders: resolved.map(({ decoder }) => decoder),
  };
};
