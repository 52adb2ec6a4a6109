import { qualifiedName, type Relation } from '@millrace/core';
import { type SchemaPolicy, schemaPolicies } from './schema-policy.ts';
import { type WriteMode, writeModes } from './write-mode.ts';

/** What is done with one table at the target when its copy begins. Absent: as with all. */
export interface TablePolicies {
  readonly schemaPolicy?: SchemaPolicy;
  readonly writeMode?: WriteMode;
}

/**
 * What is done with tables of the target when their copy begins: once in each snapshot, whatever interrupts it. Tables that are
 * copied beside a running stream are never dropped or emptied.
 */
export interface TargetPolicyOptions {
  /** Where the tables come from: `create-missing` unless told. */
  readonly schemaPolicy?: SchemaPolicy;
  /** What is done about rows that they hold: `fail-if-not-empty` unless told. */
  readonly writeMode?: WriteMode;
  /** Tables that are treated another way, by the `schema.table` of the source. */
  readonly tables?: Readonly<Record<string, TablePolicies>>;
}

export type TargetPolicies = Required<TargetPolicyOptions>;

interface Problem {
  readonly path: string;
  readonly message: string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const oneOf = (values: readonly string[]): string =>
  `must be ${values
    .map((value) => `"${value}"`)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1')}`;

const allowed = { schemaPolicy: schemaPolicies, writeMode: writeModes } as const;

const valueProblems = (path: string, options: Readonly<Record<string, unknown>>): readonly Problem[] =>
  Object.entries<readonly string[]>(allowed).flatMap(([name, values]) => {
    const value = options[name];
    const isRight = value === undefined || (typeof value === 'string' && values.includes(value));
    return isRight ? [] : [{ path: `${path}${name}`, message: oneOf(values) }];
  });

const tableProblems = (table: string, options: unknown): readonly Problem[] => {
  const path = `tables.${table}`;
  const named = /^[^.]+\../.test(table) ? [] : [{ path, message: 'must be named as schema.table' }];
  if (!isObject(options)) return [...named, { path, message: 'must be an object' }];
  const others = Object.keys(options).filter((name) => !Object.hasOwn(allowed, name));
  return [
    ...named,
    ...valueProblems(`${path}.`, options),
    ...others.map((name) => ({ path: `${path}.${name}`, message: 'is not an option' })),
  ];
};

/** Everything that is wrong with these options. */
export const targetPolicyProblems = (options: Readonly<Record<string, unknown>>): readonly Problem[] => {
  const { tables = {} } = options;
  const problems = valueProblems('', options);
  if (!isObject(tables)) return [...problems, { path: 'tables', message: 'must be an object' }];
  return [...problems, ...Object.entries(tables).flatMap(([table, each]) => tableProblems(table, each))];
};

export const targetPolicies = ({ schemaPolicy, writeMode, tables }: TargetPolicyOptions): TargetPolicies => ({
  schemaPolicy: schemaPolicy ?? 'create-missing',
  writeMode: writeMode ?? 'fail-if-not-empty',
  tables: tables ?? {},
});

/** What holds for one table of the source. */
export const policiesOf = (
  { tables, ...all }: TargetPolicies,
  relation: Pick<Relation, 'schema' | 'table'>,
): Required<TablePolicies> => {
  const name = qualifiedName(relation);
  const own = Object.hasOwn(tables, name) ? tables[name] : undefined;
  return { schemaPolicy: own?.schemaPolicy ?? all.schemaPolicy, writeMode: own?.writeMode ?? all.writeMode };
};

const besideStream = ({ schemaPolicy, writeMode }: TablePolicies): TablePolicies => ({
  ...(schemaPolicy === undefined
    ? {}
    : { schemaPolicy: schemaPolicy === 'validate-existing' ? schemaPolicy : 'create-missing' }),
  ...(writeMode === undefined
    ? {}
    : { writeMode: writeMode === 'truncate-and-load' ? 'fail-if-not-empty' : writeMode }),
});

/** The same for a side stream: the table may be live, so that nothing is ever dropped or emptied. */
export const sidePolicies = ({ tables, ...all }: TargetPolicies): TargetPolicies =>
  targetPolicies({
    ...besideStream(all),
    tables: Object.fromEntries(Object.entries(tables).map(([name, each]) => [name, besideStream(each)])),
  });
