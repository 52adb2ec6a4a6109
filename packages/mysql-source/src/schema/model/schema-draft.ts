import { NotUnderstood } from '../ddl/not-understood.ts';
import type { OtherKind } from '../ddl/statement.ts';
import type { TableName } from '../ddl/token-reader.ts';
import { type FollowedDatabases, isFollowed } from '../followed-databases.ts';
import type { SchemaSettings } from './schema-settings.ts';
import type { DatabaseModel, SchemaState, UnknownTable } from './schema-state.ts';
import type { TableModel } from './table-model.ts';

/** What a model is told once. */
export interface SchemaScope {
  readonly settings: SchemaSettings;
  /** Where the schema is known; of captured tables elsewhere only the log says what they are. */
  readonly followed: FollowedDatabases;
  /** Tables of which nothing may be uncertain. Names are as the server keeps them. */
  readonly captured: (schema: string, table: string) => boolean;
}

export interface QualifiedName {
  readonly schema: string;
  readonly table: string;
}

/** A state that one statement is changing. The state it was made of stays as it is. */
export class SchemaDraft {
  #state: SchemaState;
  readonly scope: SchemaScope;
  readonly #currentSchema: string;

  constructor(state: SchemaState, scope: SchemaScope, currentSchema: string) {
    this.#state = state;
    this.scope = scope;
    this.#currentSchema = currentSchema;
  }

  /** The state that it was made of, while nothing has changed. */
  get state(): SchemaState {
    return this.#state;
  }

  /** A name as the server keeps it. */
  stored(name: string): string {
    return this.scope.settings.lowerCaseTableNames === 1 ? name.toLowerCase() : name;
  }

  qualified({ schema, table }: TableName): QualifiedName {
    const database = schema ?? this.#currentSchema;
    if (database === '') throw new NotUnderstood('a table without a database');
    return { schema: this.stored(database), table: this.stored(table) };
  }

  currentSchema(): string {
    return this.#currentSchema;
  }

  follows(schema: string): boolean {
    return isFollowed(this.scope.followed, schema);
  }

  /** Of these nothing may be uncertain. */
  isCaptured({ schema, table }: QualifiedName): boolean {
    return this.follows(schema) && this.scope.captured(schema, table);
  }

  database(schema: string): DatabaseModel | undefined {
    return this.#state.databases.get(this.#key(schema));
  }

  putDatabase(database: DatabaseModel): void {
    this.#state = { databases: new Map(this.#state.databases).set(this.#key(database.name), database) };
  }

  removeDatabase(schema: string): void {
    const databases = new Map(this.#state.databases);
    if (databases.delete(this.#key(schema))) this.#state = { databases };
  }

  find({ schema, table }: QualifiedName): TableModel | UnknownTable | undefined {
    return this.database(schema)?.tables.get(this.#key(table));
  }

  put(table: TableModel | UnknownTable): void {
    this.putOther(table, null);
    const database = this.database(table.schema);
    if (database === undefined) throw new NotUnderstood(`database ${table.schema}, which the history does not have`);
    this.putDatabase({ ...database, tables: new Map(database.tables).set(this.#key(table.table), table) });
  }

  /** What else than a table has this name, as far as that is known. */
  other({ schema, table }: QualifiedName): OtherKind | undefined {
    return this.database(schema)?.others?.get(this.#key(table));
  }

  /** `null`: nothing else than a table has it. */
  putOther({ schema, table }: QualifiedName, what: OtherKind | null): void {
    const database = this.database(schema);
    if (database === undefined || database.others === null) return;
    const others = new Map(database.others);
    if (what !== null) others.set(this.#key(table), what);
    else if (!others.delete(this.#key(table))) return;
    this.putDatabase({ ...database, others });
  }

  remove({ schema, table }: QualifiedName): void {
    const database = this.database(schema);
    if (database === undefined) return;
    const tables = new Map(database.tables);
    if (tables.delete(this.#key(table))) this.putDatabase({ ...database, tables });
  }

  #key(name: string): string {
    return tableKey(name, this.scope.settings);
  }
}

/** A name as keys of the state have it. */
export const tableKey = (name: string, settings: SchemaSettings): string =>
  settings.lowerCaseTableNames === 0 ? name : name.toLowerCase();
