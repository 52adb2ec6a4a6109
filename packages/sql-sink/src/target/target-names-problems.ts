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

const isTarget = (name: unknown): boolean => {
  if (typeof name !== 'string') return false;
  const dot = name.indexOf('.');
  return dot < 0 ? isName(name) : isName(name.slice(0, dot)) && isName(name.slice(dot + 1));
};

const namesProblems = (path: string, names: unknown): readonly Problem[] =>
  isObject(names)
    ? Object.entries(names).flatMap(([from, to]) => (isName(to) ? [] : [{ path: `${path}.${from}`, message: aName }]))
    : [{ path, message: 'must be an object' }];

/** What is wrong with the names of one table. */
export const tableNameProblems = (
  path: string,
  { name, columns }: Readonly<Record<string, unknown>>,
): readonly Problem[] => [
  ...(name === undefined || isTarget(name) ? [] : [{ path: `${path}.name`, message: `${aName}, or schema.table` }]),
  ...(columns === undefined ? [] : namesProblems(`${path}.columns`, columns)),
];

/** What is wrong with the option that says the schemas of tables at the target. */
export const targetNamesProblems = ({ targetSchema }: Readonly<Record<string, unknown>>): readonly Problem[] => {
  if (isObject(targetSchema)) return namesProblems('targetSchema', targetSchema);
  return targetSchema === undefined || isName(targetSchema)
    ? []
    : [{ path: 'targetSchema', message: `${aName}, or an object with one for each schema of the source` }];
};
