import { z } from 'zod';
import type { CheckpointStore } from '../contracts/checkpoint-store.ts';
import { guarded, type Logger, silentLogger } from '../contracts/logger.ts';
import type { Sink } from '../contracts/sink.ts';
import type { Source } from '../contracts/source.ts';
import { coreError } from '../errors/core-errors.ts';
import type { Change } from '../model/change.ts';
import { queryProblems } from './query-problems.ts';

const operations = ['insert', 'update', 'delete', 'truncate'] as const;
const memberOf = (value: unknown, name: string): unknown =>
  (value as Record<string, unknown> | null | undefined)?.[name];
const object = <T>(methods: readonly (keyof T & string)[], what: string, values: readonly (keyof T & string)[] = []) =>
  z.custom<T>(
    (value) =>
      methods.every((method) => typeof memberOf(value, method) === 'function') &&
      values.every((name) => memberOf(value, name) !== undefined),
    { message: `must be ${what}: an object with ${[...values, ...methods].join(', ')}` },
  );
const callback = <T>() => z.custom<T>((value) => typeof value === 'function', { message: 'must be a function' });
const count = z.number().int().nonnegative();
const size = z.number().int().positive();

const column = z.string().min(1);
const mask = z.union(
  [
    z.literal('redact'),
    z.strictObject({ truncate: count }),
    z.strictObject({ hash: z.literal('sha256'), salt: z.string().min(1) }),
  ],
  { error: 'must be "redact", { truncate: characters } or { hash: "sha256", salt }' },
);
/** A name alone stands for an entry with nothing else. */
const table = z.preprocess(
  (entry) => (typeof entry === 'string' ? { name: entry } : entry),
  z
    .strictObject({
      name: z.string().min(1),
      operations: z.array(z.enum(operations)).min(1).optional(),
      columns: z.array(column).min(1).optional(),
      exclude: z.array(column).optional(),
      mask: z.record(column, mask).optional(),
      where: z.string().min(1).optional(),
      key: z.array(column).min(1).optional(),
      query: z.string().min(1).optional(),
    })
    .refine(({ name, where }) => where === undefined || !name.includes('*'), {
      path: ['where'],
      message: 'is a condition on one table: name it',
    })
    .refine(({ name, key }) => key === undefined || !name.includes('*'), {
      path: ['key'],
      message: 'is that of one table: name it',
    })
    .refine(({ name, query }) => query === undefined || !name.includes('*'), {
      path: ['query'],
      message: 'makes one table: name it',
    })
    .refine(
      ({ query, operations, columns, exclude, mask, where }) =>
        query === undefined || (operations ?? columns ?? exclude ?? mask ?? where) === undefined,
      { path: ['query'], message: 'goes with name and key alone: say the rest in the query' },
    )
    .refine(({ columns, exclude }) => columns === undefined || exclude === undefined, {
      path: ['exclude'],
      message: 'excludes columns: say one or the other',
    }),
);
const limits = z.strictObject({ numberOfEvents: count.default(0), elapsedTime: z.number().nonnegative().default(0) });
const queue = z.strictObject({ maxChanges: size.default(10_000), maxBytes: size.default(16 * 1024 * 1024) });
const batch = z.strictObject({
  maxRows: size.default(5_000),
  maxBytes: size.default(8 * 1024 * 1024),
  maxDelay: z.number().nonnegative().default(0),
});

const copy = z.strictObject({
  concurrency: size.default(2),
  maxBytes: size.exactOptional(),
  maxBytesPerSecond: count.default(0),
});

const spill = z.strictObject({
  directory: z.string().min(1).nullable().default(null),
  maxBytes: size.default(1024 ** 3),
});

const behavior = z.enum(['lenient', 'evolve', 'try-evolve', 'ignore', 'exception']);
const behaviors = z.strictObject({
  default: behavior.exactOptional(),
  'add-column': behavior.exactOptional(),
  'drop-column': behavior.exactOptional(),
  'rename-column': behavior.exactOptional(),
  'alter-column-type': behavior.exactOptional(),
  'alter-column-nullability': behavior.exactOptional(),
  'alter-column-default': behavior.exactOptional(),
  'create-table': behavior.exactOptional(),
  'rename-table': behavior.exactOptional(),
  'drop-table': behavior.exactOptional(),
  truncate: z.enum(['evolve', 'ignore', 'exception']).exactOptional(),
});

const schemaChanges = z.union([behavior, behaviors], {
  error: `must be ${behavior.options.map((each) => `"${each}"`).join(', ')}, or an object with one of these for ${Object.keys(behaviors.shape).join(', ')}`,
});

const startPoint = z.union(
  [
    z.enum(['earliest', 'latest']),
    z.strictObject({ position: z.string().min(1) }),
    z.strictObject({ timestamp: z.number() }),
  ],
  { error: 'must be "earliest", "latest", { position } or { timestamp }' },
);

const changeable = {
  tables: z.array(table).default([]),
  transform: callback<(change: Change) => Change | null>().nullish().default(null),
  limits: limits.prefault({}),
  queue: queue.prefault({}),
  batch: batch.prefault({}),
  copy: copy.prefault({}),
  schemaChanges: schemaChanges.default('lenient'),
  logger: object<Logger>(['info', 'warn', 'error'], 'a logger').transform(guarded).default(silentLogger),
};

const sourceMethods = ['validate', 'describe', 'open', 'begin', 'changes', 'head', 'compare', 'close'] as const;
const sinkMethods = ['validate', 'open', 'write', 'rollback', 'close'] as const;

const settingsSchema = z.strictObject({
  spill: spill.prefault({}),
  id: z.string().regex(/^[A-Za-z0-9_.-]{1,50}$/, 'must be 1 to 50 letters, digits, "_", "." or "-"'),
  source: object<Source>(sourceMethods, 'a source', ['name', 'capabilities']),
  sink: object<Sink>(sinkMethods, 'a sink', ['name', 'capabilities']).optional(),
  on: z
    .record(z.string(), callback<(changes: readonly Change[], context: { signal: AbortSignal }) => unknown>())
    .optional(),
  checkpoints: object<CheckpointStore>(['acquire', 'save', 'list', 'delete'], 'a checkpoint store').optional(),
  columns: z.record(z.string(), z.record(z.string(), z.string().min(1))).default({}),
  snapshot: z.enum(['initial', 'never', 'always', 'only']).optional(),
  startFrom: startPoint.optional(),
  ...changeable,
});

interface Problem {
  readonly path: string;
  readonly message: string;
}

const abilities = [
  ['where', 'rowFilters', 'this source does not filter rows'],
  ['key', 'keys', 'this source tells rows apart by its own keys'],
  ['query', 'queries', 'this source runs no queries'],
] as const;

/** What entries of `tables` ask of a source that it cannot do. */
const abilityProblems = (tables: unknown, source: Source | undefined): readonly Problem[] => {
  if (!Array.isArray(tables)) return [];
  return abilities.flatMap(([option, ability, reason]) =>
    source?.capabilities?.[ability] === true
      ? []
      : tables.flatMap((table, index) =>
          table?.[option] === undefined
            ? []
            : [{ path: `tables.${index}.${option}`, message: `is not possible: ${reason}` }],
        ),
  );
};

/** What no single option shows: whether they fit together. */
const combinationProblems = (options: unknown): readonly Problem[] => {
  const { source, sink, on, checkpoints, snapshot, startFrom, tables } = (options ?? {}) as {
    source?: Source;
    tables?: unknown;
    startFrom?: unknown;
    sink?: Sink;
    on?: unknown;
    checkpoints?: unknown;
    snapshot?: unknown;
  };
  const problems: Problem[] = [...abilityProblems(tables, source), ...queryProblems(tables, source, snapshot)];
  if (sink !== undefined && on !== undefined)
    problems.push({ path: 'on', message: 'excludes sink: changes go to one or the other' });
  if (checkpoints === undefined && sink?.capabilities?.checkpoints !== 'own')
    problems.push({
      path: 'checkpoints',
      message: 'is required, because this destination keeps no checkpoints: use fileCheckpointStore(directory)',
    });
  if (sink?.capabilities?.transactions === 'whole' && typeof sink.writeTransaction !== 'function')
    problems.push({ path: 'sink', message: 'takes transactions as a whole, but has no writeTransaction' });
  if (snapshot !== undefined && snapshot !== 'never' && source?.capabilities?.copy === 'none')
    problems.push({ path: 'snapshot', message: `cannot be '${String(snapshot)}': this source copies no tables` });
  if (startFrom !== undefined && source?.capabilities?.startPoints !== true)
    problems.push({ path: 'startFrom', message: 'is not possible: where this source begins is its own to say' });
  else if (startFrom !== undefined && snapshot !== 'never' && source?.capabilities?.copy !== 'none')
    problems.push({ path: 'startFrom', message: "goes with snapshot: 'never': a copy begins where the log is now" });
  return problems;
};

const updateSchema = z.strictObject(changeable).partial();

/** The options with every default filled in. */
export type Settings = z.output<typeof settingsSchema>;
type Update = z.output<typeof updateSchema>;
export type SettingsUpdate = {
  [K in keyof Update]: K extends 'limits' | 'queue' | 'batch' | 'copy' ? Partial<Update[K]> : Update[K];
};

const checked = <T>(result: z.ZodSafeParseResult<T>, more: readonly Problem[]): T => {
  if (result.success && more.length === 0) return result.data;
  const found = result.error?.issues.map(({ path, message }) => ({ path: path.join('.') || 'options', message })) ?? [];
  const problems = [...found, ...more];
  const text = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw coreError('INVALID_OPTIONS', `Wrong options: ${text}`, { details: { problems } });
};

/** Throws `INVALID_OPTIONS` with every problem at once. */
export const checkOptions = (options: unknown): Settings =>
  checked(settingsSchema.safeParse(options), combinationProblems(options));

/** As `checkOptions`, for `stream.update()`. Holds nothing but what was given: no default replaces what is in force. */
export const checkUpdate = (
  options: { readonly tables?: unknown },
  { source, snapshot }: Pick<Settings, 'source' | 'snapshot'>,
): SettingsUpdate => {
  const problems = [...abilityProblems(options.tables, source), ...queryProblems(options.tables, source, snapshot)];
  const all = checked(updateSchema.safeParse(options), problems);
  return onlyGiven(all, options) as SettingsUpdate;
};

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const onlyGiven = (all: object, given: object): object =>
  Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => {
      const own = (given as Record<string, unknown>)[name];
      if (own === undefined) return [];
      return [[name, isPlain(value) && isPlain(own) && name !== 'logger' ? onlyGiven(value, own) : value]];
    }),
  );

/** Every table name that the options mention, as the user spells it. */
export const namedTables = ({ tables, on, columns }: Settings): readonly string[] => [
  ...tables.map(({ name }) => name),
  ...Object.keys(on ?? {}),
  ...Object.keys(columns),
];
