/** What is wrong with an option. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** PostgreSQL keeps 63 bytes of a name and cuts the rest off without an error. */
export const isName = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= 63 && !value.includes('\0');

const aName = 'must be a name of 1 to 63 bytes';

/** `schema.table`, of names each of which PostgreSQL keeps whole. */
const isQualified = (name: string): boolean => name.includes('.') && isTarget(name);

const isTarget = (name: unknown): boolean => {
  if (typeof name !== 'string') return false;
  const dot = name.indexOf('.');
  return dot < 0 ? isName(name) : isName(name.slice(0, dot)) && isName(name.slice(dot + 1));
};

const namesProblems = (path: string, names: unknown): readonly Problem[] =>
  isObject(names)
    ? Object.entries(names).flatMap(([from, to]) => (isName(to) ? [] : [{ path: `${path}.${from}`, message: aName }]))
    : [{ path, message: 'must be an object' }];

const tableProblems = (path: string, names: unknown): readonly Problem[] => {
  if (!isObject(names)) return [{ path, message: 'must be an object' }];
  const { name, columns, ...rest } = names;
  return [
    ...(name === undefined || isTarget(name) ? [] : [{ path: `${path}.name`, message: `${aName}, or schema.table` }]),
    ...(columns === undefined ? [] : namesProblems(`${path}.columns`, columns)),
    ...Object.keys(rest).map((other) => ({ path: `${path}.${other}`, message: 'is not an option' })),
  ];
};

/** What is wrong with the options that say what tables are called at the target. */
export const targetNamesProblems = ({
  targetSchema,
  tables,
}: Readonly<Record<string, unknown>>): readonly Problem[] => {
  const problems: Problem[] = [];
  if (isObject(targetSchema)) problems.push(...namesProblems('targetSchema', targetSchema));
  else if (targetSchema !== undefined && !isName(targetSchema))
    problems.push({ path: 'targetSchema', message: `${aName}, or an object with one for each schema of the source` });
  if (tables === undefined) return problems;
  if (!isObject(tables)) return [...problems, { path: 'tables', message: 'must be an object' }];
  for (const [table, names] of Object.entries(tables)) {
    if (!isQualified(table)) problems.push({ path: `tables.${table}`, message: 'must be named as schema.table' });
    problems.push(...tableProblems(`tables.${table}`, names));
  }
  return problems;
};
