import type { OtherKind } from './ddl/statement.ts';
import type { FollowedDatabases } from './followed-databases.ts';
import type { SchemaScope } from './model/schema-draft.ts';
import { tableKey } from './model/schema-draft.ts';
import { type DatabaseModel, isUnknown, type UnknownTable } from './model/schema-state.ts';
import type { KeyModel, TableModel } from './model/table-model.ts';
import { schemaError } from './schema-errors.ts';
import { SchemaModel } from './schema-model.ts';
import type { ColumnDefinition } from './table-definition.ts';

const version = 2;

/** A column: name, type, collation, and what else is true of it, a letter each. */
type StoredColumn = readonly [name: string, type: string, collation: string | null, facts: string];
type StoredPart = string | null | readonly [column: string, length: number];
type StoredKey = readonly [name: string, facts: string, parts: readonly StoredPart[]];
type StoredTable =
  | readonly [table: string, collation: string, columns: readonly StoredColumn[], keys: readonly StoredKey[]]
  | readonly [table: string, unknown: string];
/** Without others where a history does not know them. */
type StoredDatabase = readonly [
  name: string,
  collation: string,
  tables: readonly StoredTable[],
  others?: readonly (readonly [key: string, what: OtherKind])[],
];
interface StoredHistory {
  readonly version: number;
  /** Of the log: where this is the schema in force. */
  readonly position: string;
  readonly followed: FollowedDatabases;
  readonly databases: readonly StoredDatabase[];
}

/**
 * The model as a text, to be saved with the checkpoint of the position that it belongs to, in the same transaction:
 * together they say which schema is in force behind it.
 */
export const writeSchemaHistory = (model: SchemaModel, position: string): string => {
  const databases = [...model.state.databases.values()].map(({ name, collation, tables, others }): StoredDatabase => {
    const stored = [...tables.values()].map(storeTable);
    return others === null ? [name, collation, stored] : [name, collation, stored, [...others]];
  });
  return JSON.stringify({ version, position, followed: model.followed, databases } satisfies StoredHistory);
};

/**
 * The model that was saved for a position. The schema of now never takes its place: rows behind the position may have
 * been written under an older one.
 *
 * @param text what was saved; `null`: nothing is there
 * @throws {MillraceError} `SCHEMA_HISTORY_LOST`
 */
export const readSchemaHistory = (text: string | null, position: string, scope: SchemaScope): SchemaModel => {
  if (text === null) throw lost('it is not there', position);
  let stored: StoredHistory;
  try {
    stored = JSON.parse(text);
  } catch {
    throw lost('it is damaged', position);
  }
  if (stored.version !== version) throw lost('it is of another version of Millrace', position);
  if (stored.position !== position) throw lost('it is of another position', position);
  const databases = new Map<string, DatabaseModel>();
  for (const [name, collation, tables, others] of stored.databases) {
    const read = tables.map((table) => readTable(name, table));
    databases.set(tableKey(name, scope.settings), {
      name,
      collation,
      tables: new Map(read.map((table) => [tableKey(table.table, scope.settings), table])),
      others: others === undefined ? null : new Map(others),
    });
  }
  return new SchemaModel({ databases }, { ...scope, followed: stored.followed });
};

const lost = (reason: string, position: string) =>
  schemaError('SCHEMA_HISTORY_LOST', `The history of the schema is of no use: ${reason}`, {
    hint: 'Restore the checkpoint with the history that was saved with it, or delete() the stream and start it anew.',
    details: { reason, position },
  });

const storeTable = (table: TableModel | UnknownTable): StoredTable =>
  isUnknown(table)
    ? [table.table, table.unknown]
    : [table.table, table.collation, table.columns.map(storeColumn), table.keys.map(storeKey)];

const readTable = (schema: string, stored: StoredTable): TableModel | UnknownTable =>
  stored.length === 2
    ? { schema, table: stored[0], unknown: stored[1] }
    : {
        schema,
        table: stored[0],
        collation: stored[1],
        columns: stored[2].map(readColumn),
        keys: stored[3].map(readKey),
      };

const storeColumn = ({ name, type, collation, nullable, generated, invisible }: ColumnDefinition): StoredColumn => {
  const facts = `${nullable ? 'n' : ''}${generated === null ? '' : generated.charAt(0)}${invisible ? 'i' : ''}`;
  return [name, type, collation, facts];
};

const readColumn = ([name, type, collation, facts]: StoredColumn): ColumnDefinition => ({
  name,
  type,
  collation,
  nullable: facts.includes('n'),
  generated: facts.includes('s') ? 'stored' : facts.includes('v') ? 'virtual' : null,
  invisible: facts.includes('i'),
});

const storeKey = ({ name, kind, parts, hash, implied }: KeyModel): StoredKey => [
  name,
  `${kind.charAt(0)}${hash ? 'h' : ''}${implied ? 'i' : ''}`,
  parts.map(({ column, length }) => (column === null || length === null ? column : [column, length])),
];

const readKey = ([name, facts, parts]: StoredKey): KeyModel => ({
  name,
  kind: facts.startsWith('p') ? 'primary' : facts.startsWith('u') ? 'unique' : 'other',
  hash: facts.includes('h'),
  implied: facts.endsWith('i'),
  parts: parts.map((part) =>
    part === null || typeof part === 'string' ? { column: part, length: null } : { column: part[0], length: part[1] },
  ),
});
