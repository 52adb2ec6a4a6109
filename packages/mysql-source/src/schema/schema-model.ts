import { NotUnderstood } from './ddl/not-understood.ts';
import { mayChangeRows } from './ddl/parse-statement.ts';
import type { Statement } from './ddl/statement.ts';
import { TokenReader } from './ddl/token-reader.ts';
import { type Token, tokenize } from './ddl/tokens.ts';
import type { FollowedDatabases } from './followed-databases.ts';
import { dialectOf, type LoggedStatement, parseTokens, settingsOf } from './logged-statement.ts';
import { applyStatement } from './model/apply-statement.ts';
import { mostHashes } from './model/keys.ts';
import { SchemaDraft, type SchemaScope, tableKey } from './model/schema-draft.ts';
import { isUnknown, type SchemaState } from './model/schema-state.ts';
import { definitionOf } from './model/table-model.ts';
import { mayNameOthers, namedTable, statementKind } from './named-table.ts';
import type { SchemaEffect } from './schema-effect.ts';
import { schemaError } from './schema-errors.ts';
import type { TableDefinition } from './table-definition.ts';

export interface AppliedStatement {
  readonly model: SchemaModel;
  readonly effects: readonly SchemaEffect[];
}

/** ORACLE and MAXDB of `sql_mode`. */
const otherTypes = (1n << 9n) | (1n << 12n);

const namesTypes = (statement: Statement): boolean =>
  statement.kind === 'create-table'
    ? 'columns' in statement.body
    : statement.kind === 'alter-table' && statement.clauses.some((clause) => 'column' in clause);

/**
 * The tables of the databases that are followed, as they are at one position of the log. A model never changes: each
 * statement makes another, so that the one before it is still there when a transaction is given up.
 */
export class SchemaModel {
  readonly state: SchemaState;
  readonly #scope: SchemaScope;

  constructor(state: SchemaState, scope: SchemaScope) {
    this.state = state;
    this.#scope = scope;
  }

  get followed(): FollowedDatabases {
    return this.#scope.followed;
  }

  /**
   * A table by its names in the log; `null`: there is none that is followed.
   *
   * @throws {MillraceError} `DDL_NOT_UNDERSTOOD` for a table that was not captured when a statement about it was not
   * understood
   */
  definition(schema: string, table: string): TableDefinition | null {
    const { settings } = this.#scope;
    const found = this.state.databases.get(tableKey(schema, settings))?.tables.get(tableKey(table, settings));
    if (found === undefined) return null;
    if (isUnknown(found)) throw this.#error('a statement', `${schema}.${table}`, found.unknown);
    const hashes = settings.flavor === 'mariadb' ? mostHashes(found, settings) : 0;
    return hashes === 0 ? definitionOf(found) : { ...definitionOf(found), mostHashes: hashes };
  }

  /** All tables that are known, in no order. */
  definitions(): readonly TableDefinition[] {
    const tables = [...this.state.databases.values()].flatMap((database) => [...database.tables.values()]);
    return tables.flatMap((table) => (isUnknown(table) ? [] : definitionOf(table)));
  }

  /**
   * What a statement did, and the model behind it: the same one where nothing changed. Statements that are certainly about something else have no effect,
   * understood or not.
   *
   * @throws {MillraceError} `DDL_NOT_UNDERSTOOD` when it changes or may change a captured table and is not understood
   * with certainty; `STATEMENT_CHANGES_ROWS` when it may have changed rows that the log does not have
   */
  apply(statement: LoggedStatement): AppliedStatement {
    const settings = settingsOf(statement, this.#scope.settings);
    const draft = new SchemaDraft(this.state, { ...this.#scope, settings }, statement.schema);
    const dialect = dialectOf(statement, settings);
    let tokens: readonly Token[] = [];
    try {
      tokens = tokenize(statement.sql, dialect);
      const parsed = parseTokens(tokens, statement, dialect);
      if (namesTypes(parsed) && settings.flavor === 'mariadb' && ((statement.sqlMode ?? 0n) & otherTypes) !== 0n)
        throw new NotUnderstood('types mean something else with sql_mode=ORACLE or MAXDB');
      const effects = applyStatement(draft, parsed);
      return { model: this.#with(draft.state), effects };
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      return { model: this.#without(tokens, statement, error.message), effects: [] };
    }
  }

  #with(state: SchemaState): SchemaModel {
    return state === this.state ? this : new SchemaModel(state, this.#scope);
  }

  /** Gives up on a table that is not captured, and on the stream otherwise. */
  #without(tokens: readonly Token[], statement: LoggedStatement, reason: string): SchemaModel {
    if (mayChangeRows(new TokenReader(tokens)))
      throw schemaError('STATEMENT_CHANGES_ROWS', `The log has a statement instead of rows: ${statementKind(tokens)}`, {
        hint: 'SET GLOBAL binlog_format = ROW, and end sessions that were there before, or set their own.',
        details: { statement: statementKind(tokens) },
      });
    const kind = statementKind(tokens);
    const name = namedTable(tokens);
    if (name === null || (name.schema === null && statement.schema === '')) throw this.#error(kind, null, reason);
    const draft = new SchemaDraft(this.state, this.#scope, statement.schema);
    const qualified = draft.qualified(name);
    if (draft.isCaptured(qualified) || mayNameOthers(tokens))
      throw this.#error(kind, `${qualified.schema}.${qualified.table}`, reason);
    if (draft.database(qualified.schema) !== undefined)
      draft.put({ ...qualified, unknown: `${kind} was not understood: ${reason}` });
    return this.#with(draft.state);
  }

  #error(kind: string, table: string | null, reason: string) {
    const persist = this.#scope.settings.flavor === 'mysql' ? 'SET PERSIST' : 'SET GLOBAL';
    return schemaError('DDL_NOT_UNDERSTOOD', `What ${kind} did to ${table ?? 'tables'} is not certain: ${reason}`, {
      hint: `Go on from a position behind the statement, with the schema read anew. With ${persist} binlog_row_metadata = 'FULL' the log itself says names and types of columns.`,
      details: { statement: kind, table, reason },
    });
  }
}
