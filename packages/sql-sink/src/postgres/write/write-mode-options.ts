import type { Problem } from '../../target/target-names-problems.ts';

/**
 * What changes become at the target. `upsert`: the rows of the source. `append`: inserts, and the rows that updates leave,
 * are appended; deletes and truncates do nothing. `changelog`: every change is a row that says what it was.
 */
type WriteMode = 'upsert' | 'append' | 'changelog';

export interface TableWriteOptions {
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

const choices: Readonly<Record<keyof TableWriteOptions, readonly unknown[]>> = {
  writeMode: ['upsert', 'append', 'changelog'],
  deletes: ['delete', 'soft'],
};

const problemsOf = (options: Readonly<Record<string, unknown>>, at: string): readonly Problem[] =>
  Object.entries(choices).flatMap(([name, known]) =>
    options[name] === undefined || known.includes(options[name])
      ? []
      : [{ path: `${at}${name}`, message: `must be ${known.map((choice) => JSON.stringify(choice)).join(' or ')}` }],
  );

/** What is wrong with those of one table. */
export const tableWriteProblems = (path: string, options: Readonly<Record<string, unknown>>): readonly Problem[] =>
  problemsOf(options, `${path}.`);

/** What is wrong with those of all. */
export const writeModeProblems = (options: Readonly<Record<string, unknown>>): readonly Problem[] =>
  problemsOf(options, '');

/** `null`: the rows of the source. */
export const writtenForm = (options: WriteModeOptions, table: string): WrittenForm | null => {
  const { tables = {} } = options;
  const own = Object.hasOwn(tables, table) ? tables[table] : undefined;
  const writeMode = own?.writeMode ?? options.writeMode ?? 'upsert';
  if (writeMode !== 'upsert') return writeMode;
  return (own?.deletes ?? options.deletes) === 'soft' ? 'soft-delete' : null;
};
