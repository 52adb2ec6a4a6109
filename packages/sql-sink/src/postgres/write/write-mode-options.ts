/**
 * What changes become at the target. `upsert`: the rows of the source. `append`: inserts, and the rows that updates leave,
 * are appended; deletes and truncates do nothing. `changelog`: every change is a row that says what it was.
 */
type WriteMode = 'upsert' | 'append' | 'changelog';

interface TableWriteOptions {
  /** `upsert` unless told. */
  readonly writeMode?: WriteMode;
  /**
   * What a delete does with `writeMode: 'upsert'`: the row is deleted (`delete`, unless told), or it stays, and says in the
   * column `_deleted_at` when the source deleted it (`soft`).
   */
  readonly deletes?: 'delete' | 'soft';
}

/** For all tables, and for some, by `schema.table`. */
export interface WriteModeOptions extends TableWriteOptions {
  readonly tables?: Readonly<Record<string, TableWriteOptions>>;
}

/** How one table is written, where its rows are not simply those of the source. */
export type WrittenForm = 'soft-delete' | 'append' | 'changelog';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const choices: Readonly<Record<keyof TableWriteOptions, readonly unknown[]>> = {
  writeMode: ['upsert', 'append', 'changelog'],
  deletes: ['delete', 'soft'],
};

type Problem = { readonly path: string; readonly message: string };

const problemsOf = (options: Readonly<Record<string, unknown>>, at: string): readonly Problem[] =>
  Object.entries(choices).flatMap(([name, known]) =>
    options[name] === undefined || known.includes(options[name])
      ? []
      : [{ path: `${at}${name}`, message: `must be ${known.map((choice) => JSON.stringify(choice)).join(' or ')}` }],
  );

export const writeModeProblems = (options: Readonly<Record<string, unknown>>): readonly Problem[] => {
  const { tables } = options;
  const own = problemsOf(options, '');
  if (tables === undefined) return own;
  if (!isObject(tables)) return [...own, { path: 'tables', message: 'must be an object' }];
  const ofTables = Object.entries(tables).flatMap(([table, each]): readonly Problem[] => {
    const path = `tables.${table}`;
    if (!isObject(each)) return [{ path, message: 'must be an object' }];
    const unknown = Object.keys(each).filter((name) => !(name in choices));
    return [
      ...(table.includes('.') ? [] : [{ path, message: 'must be named with its schema' }]),
      ...problemsOf(each, `${path}.`),
      ...unknown.map((name) => ({ path: `${path}.${name}`, message: 'is not an option' })),
    ];
  });
  return [...own, ...ofTables];
};

/** `null`: the rows of the source. */
export const writtenForm = (options: WriteModeOptions, table: string): WrittenForm | null => {
  const { tables = {} } = options;
  const own = Object.hasOwn(tables, table) ? tables[table] : undefined;
  const writeMode = own?.writeMode ?? options.writeMode ?? 'upsert';
  if (writeMode !== 'upsert') return writeMode;
  return (own?.deletes ?? options.deletes) === 'soft' ? 'soft-delete' : null;
};
