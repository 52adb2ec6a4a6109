import {
  connectionProblems,
  type MysqlConnection,
  type Problem,
  type ResolvedConnection,
  resolveConnection,
} from '@millrace/mysql-client';
import { sqlSinkError } from '../error-table.ts';
import {
  type TablePolicies,
  type TargetPolicies,
  type TargetPolicyOptions,
  tablePolicyProblems,
  targetPolicies,
  targetPolicyProblems,
} from '../policies/target-policies.ts';
import { isStructureOption, type StructureOption } from '../structure/structure-option.ts';
import type { TargetNamesOptions, TargetTableNames } from '../target/target-names.ts';
import { isName, isObject, tableNameProblems, targetNamesProblems } from '../target/target-names-problems.ts';

/** What is said of one table. */
export interface MysqlTableOptions extends TablePolicies, TargetTableNames {}

/** What `mysqlSink` takes. */
export interface MysqlSinkOptions extends Omit<TargetPolicyOptions, 'tables'> {
  /**
   * A URL (`mysql://user:password@host:3306/database`), a DSN (`user:password@tcp(host:3306)/database`) or an object, of MySQL 8.0
   * or later, or MariaDB 10.6 or later. Tables are written to its database, unless `targetSchema` or `tables` say another; if
   * it names none, to the database of the same name as their schema.
   */
  readonly connection: MysqlConnection;
  /** Names the checkpoint of this sink: stable over restarts. `mysql` unless told. */
  readonly name?: string;
  /** The database of the checkpoint tables, made when it is missing. `millrace` unless told. */
  readonly schema?: string;
  /** The database of every table at the target, or of those of each schema of the source: `{ public: 'shop' }`. */
  readonly targetSchema?: string | Readonly<Record<string, string>>;
  /** What is said of single tables, by the `schema.table` of the source. */
  readonly tables?: Readonly<Record<string, MysqlTableOptions>>;
  /** What an insert does that meets a row with its key: `overwrite` (unless told) it, or fail with `CONFLICT`. */
  readonly conflict?: 'overwrite' | 'error';
  /**
   * What an update does that meets no row: `insert` (unless told) it, where the log carries the whole row, fail with
   * `ROW_MISSING`, or `skip` it.
   */
  readonly missingRow?: 'insert' | 'error' | 'skip';
  /**
   * What target tables get of their sources' beside columns and key, once they are live: nothing (`key-only`, unless told),
   * `all`, or a list. What they have by name already is left as it is; what does not fit is a warning.
   */
  readonly structure?: StructureOption;
}

/** The options with every default filled in. */
export interface MysqlSinkSettings extends TargetPolicies, TargetNamesOptions {
  /** Without a database: that of a table is named with it. */
  readonly connection: ResolvedConnection;
  readonly name: string;
  readonly schema: string;
  readonly conflict: 'overwrite' | 'error';
  readonly missingRow: 'insert' | 'error' | 'skip';
  readonly structure: StructureOption;
  readonly tables: Readonly<Record<string, MysqlTableOptions>>;
}

const conflicts: readonly unknown[] = ['overwrite', 'error'];
const missingRows: readonly unknown[] = ['insert', 'error', 'skip'];
const names: readonly string[] = [
  'connection',
  'name',
  'schema',
  'targetSchema',
  'tables',
  'conflict',
  'missingRow',
  'structure',
  'schemaPolicy',
  'existingRows',
];
const namesOfTable: readonly string[] = ['schemaPolicy', 'existingRows', 'name', 'columns'];

const tableProblems = (table: string, options: unknown): readonly Problem[] => {
  const path = `tables.${table}`;
  const named = /^[^.]+\../.test(table) ? [] : [{ path, message: 'must be named as schema.table' }];
  if (!isObject(options)) return [...named, { path, message: 'must be an object' }];
  const others = Object.keys(options).filter((name) => !namesOfTable.includes(name));
  return [
    ...named,
    ...tablePolicyProblems(path, options),
    ...tableNameProblems(path, options),
    ...others.map((name) => ({ path: `${path}.${name}`, message: 'is not an option' })),
  ];
};

const problemsOf = (options: Readonly<Record<string, unknown>>): readonly Problem[] => {
  const { connection, name, schema, conflict, missingRow, structure, tables = {} } = options;
  const problems: Problem[] = [...connectionProblems(connection, 'connection')];
  const check = (path: string, right: boolean, message: string) => {
    if (!right) problems.push({ path, message });
  };
  check('name', name === undefined || isName(name), 'must be a name of 1 to 63 bytes');
  check('schema', schema === undefined || isName(schema), 'must be a name of 1 to 63 bytes');
  check('conflict', conflict === undefined || conflicts.includes(conflict), 'must be "overwrite" or "error"');
  check(
    'missingRow',
    missingRow === undefined || missingRows.includes(missingRow),
    'must be "insert", "error" or "skip"',
  );
  check(
    'structure',
    structure === undefined || isStructureOption(structure),
    'must be "key-only", "all", or a list of "indexes", "unique", "checks", "foreign-keys", "defaults" and "comments"',
  );
  problems.push(...targetPolicyProblems(options), ...targetNamesProblems(options));
  if (isObject(tables)) problems.push(...Object.entries(tables).flatMap(([table, each]) => tableProblems(table, each)));
  else check('tables', false, 'must be an object');
  for (const path of Object.keys(options)) check(path, names.includes(path), 'is not an option');
  return problems;
};

/** Throws `INVALID_OPTIONS` with every problem at once. */
export const checkMysqlSinkOptions = (options: MysqlSinkOptions): MysqlSinkSettings => {
  const given: unknown = options;
  const problems = isObject(given) ? problemsOf(given) : [{ path: 'options', message: 'must be an object' }];
  if (problems.length > 0)
    throw sqlSinkError(
      'INVALID_OPTIONS',
      `Wrong options of mysqlSink: ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
      { details: { problems } },
    );
  const { name, schema, conflict, missingRow, structure, tables = {} } = options;
  const { database, ...connection } = resolveConnection(options.connection);
  const targetSchema = options.targetSchema ?? database ?? undefined;
  return {
    connection: { ...connection, database: null },
    name: name ?? 'mysql',
    schema: schema ?? 'millrace',
    conflict: conflict ?? 'overwrite',
    missingRow: missingRow ?? 'insert',
    structure: structure ?? 'key-only',
    ...targetPolicies(options),
    ...(targetSchema === undefined ? {} : { targetSchema }),
    tables,
  };
};
