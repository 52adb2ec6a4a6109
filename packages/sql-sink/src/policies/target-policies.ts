import { qualifiedName, type Relation } from '@millrace/core';
import { type ExistingRows, existingRowsWays } from './existing-rows.ts';
import { type SchemaPolicy, schemaPolicies } from './schema-policy.ts';

/** What is done with one table at the target when its copy begins. Absent: as with all. */
export interface TablePolicies {
  readonly schemaPolicy?: SchemaPolicy;
  readonly existingRows?: ExistingRows;
}

/**
 * What is done with tables of the target when their copy begins: once in each snapshot, whatever interrupts it. Tables that are
 * copied beside a running stream are never dropped or emptied.
 */
export interface TargetPolicyOptions {
  /** Where the tables come from: `create-missing` unless told. */
  readonly schemaPolicy?: SchemaPolicy;
  /** What is done about rows that they hold: `fail-if-not-empty` unless told. */
  readonly existingRows?: ExistingRows;
  /** Tables that are treated another way, by the `schema.table` of the source. */
  readonly tables?: Readonly<Record<string, TablePolicies>>;
}

export type TargetPolicies = Required<TargetPolicyOptions>;

interface Problem {
  readonly path: string;
  readonly message: string;
}

const oneOf = (values: readonly string[]): string =>
  `must be ${values
    .map((value) => `"${value}"`)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1')}`;

const allowed = { schemaPolicy: schemaPolicies, existingRows: existingRowsWays } as const;

const valueProblems = (path: string, options: Readonly<Record<string, unknown>>): readonly Problem[] =>
  Object.entries<readonly string[]>(allowed).flatMap(([name, values]) => {
    const value = options[name];
    const isRight = value === undefined || (typeof value === 'string' && values.includes(value));
    return isRight ? [] : [{ path: `${path}${name}`, message: oneOf(values) }];
  });

/** What is wrong with those of one table. */
export const tablePolicyProblems = (path: string, options: Readonly<Record<string, unknown>>): readonly Problem[] =>
  valueProblems(`${path}.`, options);

/** What is wrong with those of all. */
export const targetPolicyProblems = (options: Readonly<Record<string, unknown>>): readonly Problem[] =>
  valueProblems('', options);

export const targetPolicies = ({ schemaPolicy, existingRows, tables }: TargetPolicyOptions): TargetPolicies => ({
  schemaPolicy: schemaPolicy ?? 'create-missing',
  existingRows: existingRows ?? 'fail-if-not-empty',
  tables: tables ?? {},
});

/** What holds for one table of the source. */
export const policiesOf = (
  { tables, ...all }: TargetPolicies,
  relation: Pick<Relation, 'schema' | 'table'>,
): Required<TablePolicies> => {
  const name = qualifiedName(relation);
  const own = Object.hasOwn(tables, name) ? tables[name] : undefined;
  return { schemaPolicy: own?.schemaPolicy ?? all.schemaPolicy, existingRows: own?.existingRows ?? all.existingRows };
};

const besideStream = ({ schemaPolicy, existingRows }: TablePolicies): TablePolicies => ({
  ...(schemaPolicy === undefined
    ? {}
    : { schemaPolicy: schemaPolicy === 'validate-existing' ? schemaPolicy : 'create-missing' }),
  ...(existingRows === undefined
    ? {}
    : { existingRows: existingRows === 'truncate-and-load' ? 'fail-if-not-empty' : existingRows }),
});

/** The same for a side stream: the table may be live, so that nothing is ever dropped or emptied. */
export const sidePolicies = <T extends TargetPolicies>(settings: T): T => ({
  ...settings,
  ...besideStream(settings),
  tables: Object.fromEntries(
    Object.entries(settings.tables).map(([name, each]) => [name, { ...each, ...besideStream(each) }]),
  ),
});
