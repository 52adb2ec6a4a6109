/** What a row says, as one text: the order of its columns, and whether a number is a bigint, make no difference. */
export const comparableRow = (row: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(
    Object.entries(row)
      .map(([name, value]) => [name, comparable(value)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export const comparable = (value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
};
