import type { PostgresConnection } from '@millrace/postgres-client';
import { defaultName, sideName } from './default-name.ts';
import { sourceError } from './postgres-source-errors.ts';
import { type ValueForm, valueFormProblems } from './values/value-forms.ts';

/** Plain data but for functions in `values`, so that a JSON configuration can say the same. */
export interface PostgresSourceOptions {
  /** A URL or the driver's own options, of a role that may replicate. */
  readonly connection: PostgresConnection;
  /** Lower-case letters, digits and underscores. Default: `millrace_<stream id>`. */
  readonly slot?: string;
  /** Used as it is when it exists, made otherwise. Default: `millrace_<stream id>`. */
  readonly publication?: string;
  /** The slot is synchronised to standbys (PostgreSQL 17 and newer). Default: false. */
  readonly failover?: boolean;
  /** Changes of partitions appear as those of the partitioned table. Default: true. */
  readonly publishViaPartitionRoot?: boolean;
  /**
   * How the stream sees that tables get other columns. `inferred`: from the rows that follow; a renamed column is one that is
   * gone and one that is new, and its table is copied anew. `event-trigger`: each `ALTER TABLE` is seen when it is committed,
   * exactly, by an event trigger at the source, which the stream makes (a superuser may) or an operator. Default: `inferred`.
   */
  readonly ddl?: 'inferred' | 'event-trigger';
  /** Bounds of one batch, and with that of what is read ahead. Default: 5,000 changes, 1 MiB. */
  readonly batch?: { readonly maxChanges?: number; readonly maxBytes?: number };
  /**
   * Forms of JavaScript values other than the default ones, by what the values of a column are (`bigint`,
   * `timestamptz`, …) or by the server's name of their type without a modifier (`numeric`, `public.mood`). Elements of
   * arrays of built-in types follow them, too. A sink that writes SQL is not concerned.
   */
  readonly values?: Readonly<Record<string, ValueForm>>;
}

/** The options with their defaults. The names that depend on the stream are there when it is known. */
export interface ResolvedOptions {
  readonly connection: PostgresConnection;
  readonly failover: boolean;
  readonly publishViaPartitionRoot: boolean;
  readonly ddl: 'inferred' | 'event-trigger';
  readonly limits: { readonly maxChanges: number; readonly maxBytes: number };
  readonly values: Readonly<Record<string, ValueForm>>;
  readonly names: (streamId: string) => SourceNames;
  /** This source is one of a side stream: the publication is another's, and a slot that was not claimed, too. */
  readonly isSide: boolean;
}

export interface SourceNames {
  readonly slot: string;
  readonly publication: string;
}

interface Problem {
  readonly path: string;
  readonly message: string;
}

const known = ['connection', 'slot', 'publication', 'failover', 'publishViaPartitionRoot', 'ddl', 'batch', 'values'];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unknownKeys = (given: Record<string, unknown>, allowed: readonly string[], prefix: string): Problem[] =>
  Object.keys(given)
    .filter((key) => !allowed.includes(key))
    .map((key) => ({ path: `${prefix}${key}`, message: `is no option; there are ${allowed.join(', ')}` }));

const connectionProblems = (connection: unknown): Problem[] => {
  const path = 'source.connection';
  if (typeof connection === 'string') {
    return /^postgres(ql)?:\/\/|^\//.test(connection) ? [] : [{ path, message: 'must begin with postgres://' }];
  }
  return isObject(connection) ? [] : [{ path, message: 'must be a URL or an object with host, user, database …' }];
};

const booleanProblems = (given: Record<string, unknown>, key: string): Problem[] =>
  given[key] === undefined || typeof given[key] === 'boolean'
    ? []
    : [{ path: `source.${key}`, message: 'must be true or false' }];

const ddlProblems = ({ ddl }: Record<string, unknown>): Problem[] =>
  ddl === undefined || ddl === 'inferred' || ddl === 'event-trigger'
    ? []
    : [{ path: 'source.ddl', message: "must be 'inferred' or 'event-trigger'" }];

const nameProblems = (given: Record<string, unknown>): Problem[] => {
  const { slot, publication } = given;
  const problems: Problem[] = [];
  if (slot !== undefined && !(typeof slot === 'string' && /^[a-z0-9_]{1,63}$/.test(slot))) {
    problems.push({
      path: 'source.slot',
      message: 'must be 1 to 63 lower-case letters, digits and underscores',
    });
  }
  const fits = typeof publication === 'string' && publication !== '' && !publication.includes('\0');
  if (publication !== undefined && !(fits && Buffer.byteLength(publication) <= 56)) {
    problems.push({ path: 'source.publication', message: 'must be 1 to 56 bytes long' });
  }
  return problems;
};

const batchProblems = (batch: unknown): Problem[] => {
  if (batch === undefined) return [];
  if (!isObject(batch)) return [{ path: 'source.batch', message: 'must be an object' }];
  const limits = ['maxChanges', 'maxBytes'];
  const wrong = limits.filter((key) => {
    const value = batch[key];
    return value !== undefined && !(typeof value === 'number' && Number.isSafeInteger(value) && value > 0);
  });
  return [
    ...wrong.map((key) => ({ path: `source.batch.${key}`, message: 'must be a whole number above 0' })),
    ...unknownKeys(batch, limits, 'source.batch.'),
  ];
};

const valuesProblems = (values: unknown): Problem[] => {
  if (values === undefined) return [];
  if (!isObject(values)) return [{ path: 'source.values', message: 'must be an object' }];
  return valueFormProblems(values).map(({ type, message }) => ({ path: `source.values.${type}`, message }));
};

/** Every problem of the options, none when they are right. */
export const optionProblems = (options: unknown): readonly Problem[] => {
  if (!isObject(options)) return [{ path: 'source', message: 'must be an object with a connection' }];
  return [
    ...connectionProblems(options.connection),
    ...nameProblems(options),
    ...booleanProblems(options, 'failover'),
    ...booleanProblems(options, 'publishViaPartitionRoot'),
    ...ddlProblems(options),
    ...batchProblems(options.batch),
    ...valuesProblems(options.values),
    ...unknownKeys(options, known, 'source.'),
  ];
};

/** Throws `INVALID_OPTIONS` with every problem at once. */
export const resolveOptions = (options: PostgresSourceOptions): ResolvedOptions => {
  const problems = optionProblems(options);
  if (problems.length > 0) {
    const list = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw sourceError('INVALID_OPTIONS', `The options of the PostgreSQL source are wrong: ${list}`, {
      details: { problems },
    });
  }
  const {
    connection,
    slot,
    publication,
    failover = false,
    publishViaPartitionRoot = true,
    ddl = 'inferred',
    batch = {},
    values = {},
  } = options;
  const { maxChanges = 5_000, maxBytes = 1024 * 1024 } = batch;
  return {
    connection,
    failover,
    publishViaPartitionRoot,
    ddl,
    limits: { maxChanges, maxBytes },
    values,
    names: (streamId) => ({
      slot: slot ?? defaultName(streamId),
      publication: publication ?? defaultName(streamId),
    }),
    isSide: false,
  };
};

/** The same for a side stream: all but the slot is shared. */
export const sideOptions = (options: ResolvedOptions, side: string): ResolvedOptions => ({
  ...options,
  names: (streamId) => {
    const { slot, publication } = options.names(streamId);
    return { slot: sideName(slot, side), publication };
  },
  isSide: true,
});
