/** Something that is wrong with an option. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const unknownKeys = (
  given: Readonly<Record<string, unknown>>,
  allowed: readonly string[],
  prefix: string,
): Problem[] =>
  Object.keys(given)
    .filter((key) => !allowed.includes(key))
    .map((key) => ({ path: `${prefix}${key}`, message: `is no option; there are ${allowed.join(', ')}` }));
