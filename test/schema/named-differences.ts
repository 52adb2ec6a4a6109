import { type TestDatabase, tableRows } from '../harness/index.ts';

/**
 * The first differences between a table and its copy, by the names of the columns that the source has: columns that were
 * dropped and added stand elsewhere there, and the target may have kept some.
 */
export const namedDifferences = async (
  source: TestDatabase,
  target: TestDatabase,
  table: string,
): Promise<readonly string[]> => {
  const [row] = await source.query<{ list: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS list FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  const rows = `(SELECT ${row?.list} FROM ${table})`;
  const [expected, found] = [await tableRows(source, rows), await tableRows(target, rows)];
  const all = expected.length >= found.length ? expected : found;
  return all
    .flatMap((_, index) =>
      expected[index] === found[index] ? [] : [`${short(expected[index])} / ${short(found[index])}`],
    )
    .slice(0, 3);
};

const short = (row: string | undefined): string => row?.replace(/(.{1,32}?)\1{9,}/g, '$1…') ?? 'nothing';
