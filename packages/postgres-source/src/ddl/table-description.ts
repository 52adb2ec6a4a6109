import type { ColumnStorage, TableStorage } from '@millrace/core';
import { firstDescribedType, type RelationMessage, type TypeMessage } from '../pgoutput/control-messages.ts';

/** A table that a statement has dropped, as the event trigger says it. */
export interface DroppedTable {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly dropped: true;
}

/** What the event trigger says of a table behind the statement that has changed it. */
export interface TableDescription {
  readonly message: RelationMessage;
  /** Of its columns, as the log describes them: a domain under the name of its base type. */
  readonly types: readonly TypeMessage[];
  readonly primaryKey: readonly string[];
  readonly storage: TableStorage;
}

interface DescribedColumn extends ColumnStorage {
  readonly name: string;
  readonly type: number;
  readonly modifier: number;
  readonly typeSchema: string;
  readonly typeName: string;
  readonly key: boolean | null;
  readonly primary: boolean | null;
}

interface DescribedTable {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly identity: string;
  readonly heap: string | null;
  readonly parts?: TableStorage['parts'] | null;
  readonly columns: readonly DescribedColumn[] | null;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isText = (value: unknown): boolean => typeof value === 'string';

const isColumn = (value: unknown): value is DescribedColumn =>
  isRecord(value) &&
  ['name', 'typeSchema', 'typeName', 'id', 'revision'].every((key) => isText(value[key])) &&
  ['fill', 'default'].every((key) => value[key] === null || isText(value[key])) &&
  Number.isInteger(value.type) &&
  Number.isInteger(value.modifier) &&
  typeof value.nullable === 'boolean';

const isParts = (value: unknown): boolean =>
  isRecord(value) &&
  Object.values(value).every((each) => isRecord(each) && isText(each.heap) && typeof each.hadRows === 'boolean');

const isTable = (value: unknown): value is DescribedTable =>
  isRecord(value) &&
  Number.isInteger(value.oid) &&
  ['schema', 'table', 'identity'].every((key) => isText(value[key])) &&
  isParts(value.parts ?? {}) &&
  (value.columns === null || (Array.isArray(value.columns) && value.columns.every(isColumn)));

const isDropped = (value: unknown): value is DroppedTable =>
  isRecord(value) &&
  value.dropped === true &&
  Number.isInteger(value.oid) &&
  ['schema', 'table'].every((key) => isText(value[key]));

const described = ({ heap, parts = null, columns, ...table }: DescribedTable): TableDescription => {
  const all = columns ?? [];
  return {
    message: {
      ...table,
      columns: all.map(({ key, name, type, modifier }) => ({
        key: table.identity === 'f' || key === true,
        name,
        type,
        modifier,
      })),
    },
    types: all
      .filter(({ type }) => type >= firstDescribedType)
      .map(({ type, typeSchema, typeName }) => ({ oid: type, schema: typeSchema, name: typeName })),
    primaryKey: all.filter(({ primary }) => primary === true).map(({ name }) => name),
    storage: {
      id: String(table.oid),
      heap: heap ?? '',
      ...(parts === null ? {} : { parts }),
      columns: Object.fromEntries(
        all.map(({ name, id, revision, fill, nullable, default: value }) => [
          name,
          {
            id,
            revision,
            fill,
            ...(nullable === undefined ? {} : { nullable }),
            ...(value === undefined ? {} : { default: value }),
          },
        ]),
      ),
    },
  };
};

/** The content of a message; `null`: it is not one of the event trigger's, which anybody may write. */
export const tableDescriptions = (content: string): readonly (TableDescription | DroppedTable)[] | null => {
  try {
    const value: unknown = JSON.parse(content);
    if (!Array.isArray(value)) return null;
    if (value.every(isDropped)) return value;
    return value.every(isTable) ? value.map(described) : null;
  } catch {
    return null;
  }
};
