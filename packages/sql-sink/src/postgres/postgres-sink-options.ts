import type { PostgresConnection } from '@millrace/postgres-client';
import { sqlSinkError } from './error-table.ts';
import {
  type RejectedRowsOptions,
  type RejectedRowsSettings,
  rejectedRowsProblem,
  rejectedRowsSettings,
} from './rejected/rejected-rows-options.ts';
import { type WriteModeOptions, writeModeProblems } from './write/write-mode-options.ts';

/** What `postgresSink` takes. */
export interface PostgresSinkOptions extends WriteModeOptions, RejectedRowsOptions {
  /** A URL (`postgres://user:password@host:5432/database`) or the driver's own options. */
  readonly connection: PostgresConnection;
  /** Names the checkpoint of this sink: stable over restarts. `postgres` unless told. */
  readonly name?: string;
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
}

/** The options with every default filled in. */
export type PostgresSinkSettings = Required<Omit<PostgresSinkOptions, 'rejectedRows'>> & {
  readonly rejectedRows: RejectedRowsSettings;
};

interface Problem {
  readonly path: string;
  readonly message: string;
}

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
  'writeMode',
  'deletes',
  'tables',
  'rejectedRows',
];

const isConnection = (value: unknown): boolean =>
  typeof value === 'string' ? /^(postgres|postgresql|socket):\/\/|^\//.test(value) : isObject(value);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** PostgreSQL keeps 63 bytes of a name and cuts the rest off without an error. */
const isName = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= 63 && !value.includes('\0');

const problemsOf = (options: Readonly<Record<string, unknown>>): readonly Problem[] => {
  const { connection, name, schema, conflict, missingRow, sequences } = options;
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
  const rejected = rejectedRowsProblem(options.rejectedRows);
  check('rejectedRows', rejected === null, rejected ?? '');
  problems.push(...writeModeProblems(options));
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
  const { connection, name, schema, conflict, missingRow, sequences, writeMode, deletes, tables } = options;
  return {
    connection,
    name: name ?? 'postgres',
    schema: schema ?? 'millrace',
    conflict: conflict ?? 'overwrite',
    missingRow: missingRow ?? 'insert',
    sequences: sequences ?? 'leave',
    writeMode: writeMode ?? 'upsert',
    deletes: deletes ?? 'delete',
    tables: tables ?? {},
    rejectedRows: rejectedRowsSettings(options),
  };
};
