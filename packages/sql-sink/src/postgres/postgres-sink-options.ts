import type { PostgresConnection } from '@millrace/postgres-client';
import { sqlSinkError } from '../error-table.ts';
import {
  type TargetPolicies,
  type TargetPolicyOptions,
  targetPolicies,
  targetPolicyProblems,
} from '../policies/target-policies.ts';
import { isStructureOption, type StructureOption } from '../structure/structure-option.ts';
import type { TargetNamesOptions } from '../target/target-names.ts';
import { isName, isObject, type Problem, targetNamesProblems } from '../target/target-names-problems.ts';
import {
  type RejectedRowsOptions,
  type RejectedRowsSettings,
  rejectedRowsProblem,
  rejectedRowsSettings,
} from './rejected/rejected-rows-options.ts';
import { type TableOptions, tableOptionProblems } from './table-options.ts';
import { type WriteModeOptions, writeModeProblems } from './write/write-mode-options.ts';

/** What `postgresSink` takes. */
export interface PostgresSinkOptions
  extends Omit<TargetPolicyOptions, 'tables'>,
    Omit<WriteModeOptions, 'tables'>,
    Pick<TargetNamesOptions, 'targetSchema'>,
    RejectedRowsOptions {
  /** What is said of single tables, by the `schema.table` of the source. */
  readonly tables?: Readonly<Record<string, TableOptions>>;
  /** A URL (`postgres://user:password@host:5432/database`) or the driver's own options. */
  readonly connection: PostgresConnection;
  /** Names the checkpoint of this sink: stable over restarts. `postgres` unless told. */
  readonly name?: string;
  /** `true`: the database is made at a start if it is missing. `false` unless told. */
  readonly createDatabase?: boolean;
  /** The schema of the checkpoint table, made when it is missing. `millrace` unless told. */
  readonly schema?: string;
  /** What an insert does that meets a row with its key: `overwrite` (unless told) it, or fail with `CONFLICT`. */
  readonly conflict?: 'overwrite' | 'error';
  /**
   * What an update does that meets no row: `insert` (unless told) it, where the log carries the whole row, fail with
   * `ROW_MISSING`, or `skip` it.
   */
  readonly missingRow?: 'insert' | 'error' | 'skip';
  /**
   * What happens to sequences of the target that belong to columns of captured tables: `leave` (unless told) them, or
   * `advance` them behind the values of their columns, at the handover of a table and whenever the stream stops, pauses or
   * ends. Then an insert at the target gets a value of its own.
   */
  readonly sequences?: 'leave' | 'advance';
  /**
   * What target tables get of their sources' beside columns and key, once they are live: nothing (`key-only`, unless told),
   * `all`, or a list. What they have by name already is left as it is.
   */
  readonly structure?: StructureOption;
}

/** The options with every default filled in. */
export type PostgresSinkSettings = Required<Omit<PostgresSinkOptions, 'targetSchema' | 'tables' | 'rejectedRows'>> &
  TargetPolicies &
  TargetNamesOptions & {
    readonly tables: Readonly<Record<string, TableOptions>>;
    readonly rejectedRows: RejectedRowsSettings;
  };

const conflicts: readonly unknown[] = ['overwrite', 'error'];
const missingRows: readonly unknown[] = ['insert', 'error', 'skip'];
const sequenceWays: readonly unknown[] = ['leave', 'advance'];
const names: readonly string[] = [
  'connection',
  'name',
  'schema',
  'conflict',
  'missingRow',
  'sequences',
  'schemaPolicy',
  'existingRows',
  'tables',
  'targetSchema',
  'structure',
  'createDatabase',
  'writeMode',
  'deletes',
  'rejectedRows',
];

const isConnection = (value: unknown): boolean =>
  typeof value === 'string' ? /^(postgres|postgresql|socket):\/\/|^\//.test(value) : isObject(value);

const problemsOf = (options: Readonly<Record<string, unknown>>): readonly Problem[] => {
  const { connection, name, schema, conflict, missingRow, sequences, structure, createDatabase } = options;
  const problems: Problem[] = [];
  const check = (path: string, right: boolean, message: string) => {
    if (!right) problems.push({ path, message });
  };
  check('connection', isConnection(connection), 'must be a URL such as postgres://user@host/database, or an object');
  check('name', name === undefined || isName(name), 'must be a name of 1 to 63 bytes');
  check('schema', schema === undefined || isName(schema), 'must be a name of 1 to 63 bytes');
  check('conflict', conflict === undefined || conflicts.includes(conflict), 'must be "overwrite" or "error"');
  check(
    'missingRow',
    missingRow === undefined || missingRows.includes(missingRow),
    'must be "insert", "error" or "skip"',
  );
  check('sequences', sequences === undefined || sequenceWays.includes(sequences), 'must be "leave" or "advance"');
  check('createDatabase', createDatabase === undefined || typeof createDatabase === 'boolean', 'must be true or false');
  check(
    'structure',
    structure === undefined || isStructureOption(structure),
    'must be "key-only", "all", or a list of "indexes", "unique", "checks", "foreign-keys", "defaults" and "comments"',
  );
  problems.push(
    ...targetPolicyProblems(options),
    ...targetNamesProblems(options),
    ...writeModeProblems(options),
    ...tableOptionProblems(options.tables),
  );
  const rejected = rejectedRowsProblem(options.rejectedRows);
  check('rejectedRows', rejected === null, rejected ?? '');
  for (const path of Object.keys(options)) check(path, names.includes(path), 'is not an option');
  return problems;
};

/** Throws `INVALID_OPTIONS` with every problem at once. */
export const checkPostgresSinkOptions = (options: PostgresSinkOptions): PostgresSinkSettings => {
  const given: unknown = options;
  const problems = isObject(given) ? problemsOf(given) : [{ path: 'options', message: 'must be an object' }];
  if (problems.length > 0)
    throw sqlSinkError(
      'INVALID_OPTIONS',
      `Wrong options of postgresSink: ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
      { details: { problems } },
    );
  const { connection, name, schema, conflict, missingRow, sequences, structure, createDatabase } = options;
  const { targetSchema, writeMode, deletes, tables = {} } = options;
  return {
    connection,
    name: name ?? 'postgres',
    schema: schema ?? 'millrace',
    conflict: conflict ?? 'overwrite',
    missingRow: missingRow ?? 'insert',
    sequences: sequences ?? 'leave',
    structure: structure ?? 'key-only',
    createDatabase: createDatabase ?? false,
    ...targetPolicies(options),
    ...(targetSchema === undefined ? {} : { targetSchema }),
    tables,
    writeMode: writeMode ?? 'upsert',
    deletes: deletes ?? 'delete',
    rejectedRows: rejectedRowsSettings(options),
  };
};
