import {
  quoteIdentifier,
  quoteLiteral,
  quoteQualified,
  type ScriptSession,
  type ServerVersion,
} from '@millrace/mysql-client';
import type { CatalogColumn, TablePlace } from './catalog-column.ts';

export interface ExactColumns {
  readonly columns: readonly CatalogColumn[];
  /** Names of columns of which nobody can say the default again. */
  readonly unknownDefaults: ReadonlySet<string>;
}

const isConstant = ({ default: value, extra }: CatalogColumn, { kind }: ServerVersion): boolean =>
  kind === 'mysql' ? !/\bDEFAULT_GENERATED\b/.test(extra) : /^'(?:[^'\\]|''|\\.)*'$/s.test(value ?? '');

/** Catalogs say a question mark for every character of more than three bytes, and MySQL the bytes of others in an expression. */
const mayDiffer = (column: CatalogColumn, server: ServerVersion): boolean => {
  const { default: value, characterSet } = column;
  if (value === null) return false;
  if (!isConstant(column, server)) return [...value].some((character) => character === '?' || character > '\x7f');
  return characterSet !== null && value.includes('?');
};

/** Columns with their defaults as they are, where the catalog may not have said them so and the server does: constants. */
export const withExactDefaults = async (
  session: ScriptSession,
  { schema, table }: TablePlace,
  columns: readonly CatalogColumn[],
  signal: AbortSignal,
): Promise<ExactColumns> => {
  const { server } = session;
  const unsure = columns.filter((column) => mayDiffer(column, server));
  const constants = unsure.filter((column) => isConstant(column, server));
  const exact = new Map<string, CatalogColumn>();
  if (constants.length > 0) {
    const values = constants.map(({ name }) => `DEFAULT(t.${quoteIdentifier(name)})`).join(', ');
    // Of a table without rows the server says those of columns that may be NULL.
    const sql = `SELECT ${values} FROM (SELECT 1) one LEFT JOIN ${quoteQualified(schema, table)} t ON TRUE LIMIT 1`;
    const [outcome] = await session.script([sql], { signal, doing: 'read defaults of the target' });
    for (const [at, column] of constants.entries()) {
      const value = outcome?.rows[0]?.[at] ?? null;
      if (value === null) continue;
      exact.set(column.name, { ...column, default: server.kind === 'mysql' ? value : quoteLiteral(value) });
    }
  }
  return {
    columns: columns.map((column) => exact.get(column.name) ?? column),
    unknownDefaults: new Set(unsure.map(({ name }) => name).filter((name) => !exact.has(name))),
  };
};
