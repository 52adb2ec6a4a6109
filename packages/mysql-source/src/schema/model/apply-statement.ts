import { NotUnderstood } from '../ddl/not-understood.ts';
import type { OtherKind, Statement } from '../ddl/statement.ts';
import type { SchemaEffect, TableChange } from '../schema-effect.ts';
import { alterTable } from './alter-table.ts';
import { resolveCollation } from './collation.ts';
import { createTable } from './create-table.ts';
import { renameTables } from './rename-tables.ts';
import type { QualifiedName, SchemaDraft } from './schema-draft.ts';
import { isUnknown } from './schema-state.ts';
import { definitionOf, type TableModel } from './table-model.ts';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/**
 * Does to the draft what the server did.
 *
 * @throws {NotUnderstood} where the statement does not fit what is known
 */
export const applyStatement = (draft: SchemaDraft, statement: Statement): readonly SchemaEffect[] => {
  switch (statement.kind) {
    case 'irrelevant':
      return [];
    case 'create-table':
      return create(draft, statement);
    case 'alter-table':
      return alter(draft, statement);
    case 'drop-tables':
      return statement.tables.flatMap((table) => drop(draft, draft.qualified(table)));
    case 'create-other':
      return createOther(draft, statement);
    case 'drop-others':
      for (const name of statement.names) dropOther(draft, draft.qualified(name), statement.what);
      return [];
    case 'rename-tables':
      return renameTables(draft, statement.pairs, statement.ifExists);
    case 'truncate': {
      const name = draft.qualified(statement.table);
      const table = known(draft, name);
      if (table !== null) return [{ kind: 'table-truncated', table: definitionOf(table) }];
      if (draft.follows(name.schema) || !draft.scope.captured(name.schema, name.table)) return [];
      return [{ kind: 'table-truncated', table: { ...name, columns: [], primaryKey: null } }];
    }
    case 'create-database':
      return createDatabase(draft, statement);
    case 'alter-database': {
      const database = draft.database(draft.stored(statement.name ?? draft.currentSchema()));
      if (database === undefined) return [];
      const collation = resolveCollation(statement.charset, database.collation, draft.scope.settings);
      draft.putDatabase({ ...database, collation });
      return [];
    }
    case 'drop-database':
      return dropDatabase(draft, draft.stored(statement.name));
  }
};

/** `null`: a table that is of no interest. */
const known = (draft: SchemaDraft, name: QualifiedName): TableModel | null => {
  const table = draft.find(name);
  if (table !== undefined && !isUnknown(table)) return table;
  if (!draft.isCaptured(name)) return null;
  throw new NotUnderstood(table === undefined ? 'the history does not have this table' : table.unknown);
};

const create = (draft: SchemaDraft, statement: Of<'create-table'>): readonly SchemaEffect[] => {
  const name = draft.qualified(statement.table);
  if (!draft.follows(name.schema)) return [];
  if (statement.ifNotExists && isTaken(draft, name)) return [];
  const dropped = statement.orReplace ? drop(draft, name) : [];
  if (draft.find(name) !== undefined) throw new NotUnderstood('the history has this table already');
  const { body } = statement;
  if ('like' in body && draft.other(draft.qualified(body.like)) === 'sequence') {
    draft.putOther(name, 'sequence');
    return dropped;
  }
  const database = draft.database(name.schema);
  if (database === undefined) throw new NotUnderstood(`database ${name.schema}, which the history does not have`);
  const table =
    'like' in body
      ? createLike(draft, name, draft.qualified(body.like))
      : createTable(name, body, database.collation, draft.scope.settings);
  draft.put(table);
  return [...dropped, { kind: 'table-created', after: definitionOf(table) }];
};

const isTaken = (draft: SchemaDraft, name: QualifiedName) =>
  draft.find(name) !== undefined || draft.other(name) !== undefined;

const createOther = (draft: SchemaDraft, statement: Of<'create-other'>): readonly SchemaEffect[] => {
  const name = draft.qualified(statement.name);
  if (!draft.follows(name.schema) || (statement.ifNotExists && isTaken(draft, name))) return [];
  // A sequence takes the place of a table, too.
  const dropped = statement.orReplace ? drop(draft, name) : [];
  draft.putOther(name, statement.what);
  return dropped;
};

const dropOther = (draft: SchemaDraft, name: QualifiedName, what: OtherKind) => {
  if (draft.other(name) === what) draft.putOther(name, null);
};

const createLike = (draft: SchemaDraft, name: QualifiedName, like: QualifiedName): TableModel => {
  const model = draft.find(like);
  if (model === undefined || isUnknown(model))
    throw new NotUnderstood(`LIKE ${like.schema}.${like.table}, which is not known`);
  return { ...model, ...name, keys: model.keys.map((key) => ({ ...key, implied: false })) };
};

const alter = (draft: SchemaDraft, statement: Of<'alter-table'>): readonly SchemaEffect[] => {
  const name = draft.qualified(statement.table);
  const isOther = draft.find(name) === undefined && draft.other(name) !== undefined;
  const isSkipped = isOther || (statement.ifExists && draft.find(name) === undefined);
  const table = draft.follows(name.schema) && !isSkipped ? known(draft, name) : null;
  const effects: SchemaEffect[] = [];
  const exchanged = statement.clauses.flatMap((clause) =>
    clause.kind === 'exchange-partition' ? draft.qualified(clause.with) : [],
  );
  if (table !== null) {
    const altered = alterTable(table, statement.clauses, draft.scope.settings);
    draft.put(altered.table);
    const changes = [...altered.changes, ...(exchanged.length === 0 ? [] : [rowsExchanged])];
    const [before, after] = [definitionOf(table), definitionOf(altered.table)];
    if (changes.length > 0) effects.push({ kind: 'table-changed', before, after, changes });
  }
  for (const other of exchanged) {
    const partner = known(draft, other);
    if (partner === null) continue;
    const definition = definitionOf(partner);
    effects.push({ kind: 'table-changed', before: definition, after: definition, changes: [rowsExchanged] });
  }
  // Of several new names the last one counts.
  const renames = statement.clauses.flatMap((clause) => (clause.kind === 'rename-table' ? clause.to : []));
  const to = renames.at(-1);
  if (to !== undefined) effects.push(...renameTables(draft, [{ from: name, to }], statement.ifExists));
  return effects;
};

const rowsExchanged: TableChange = { kind: 'rows-rewritten', reason: 'a partition was exchanged with a table' };

/** Of several tables the server drops those that are there. */
const drop = (draft: SchemaDraft, name: QualifiedName): readonly SchemaEffect[] => {
  const table = draft.find(name);
  // It drops sequences, too, and no views.
  dropOther(draft, name, 'sequence');
  if (table === undefined) return [];
  draft.remove(name);
  return isUnknown(table) ? [] : [{ kind: 'table-dropped', before: definitionOf(table) }];
};

const createDatabase = (draft: SchemaDraft, statement: Of<'create-database'>): readonly SchemaEffect[] => {
  const name = draft.stored(statement.name);
  if (!draft.follows(name)) return [];
  const dropped = statement.orReplace ? dropDatabase(draft, name) : [];
  if (draft.database(name) !== undefined && statement.ifNotExists) return [];
  if (draft.database(name) !== undefined) throw new NotUnderstood('the history has this database already');
  const { settings } = draft.scope;
  const collation = resolveCollation(statement.charset, settings.defaultCollation, settings);
  draft.putDatabase({ name, collation, tables: new Map(), others: new Map() });
  return dropped;
};

const dropDatabase = (draft: SchemaDraft, name: string): readonly SchemaEffect[] => {
  const tables = [...(draft.database(name)?.tables.values() ?? [])];
  const effects = tables.flatMap((table) => drop(draft, table));
  draft.removeDatabase(name);
  return effects;
};
