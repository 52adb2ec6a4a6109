import {
  type Column,
  qualifiedName,
  type ReferentialAction,
  type StructurePart,
  type StructureWarning,
} from '@millrace/core';
import { quoteIdentifier, quoteLiteral } from '@millrace/postgres-client';
import { isExactCollation } from '../../mysql/target/collation.ts';
import { isKey } from '../../structure/is-key.ts';
import { type NamedPart, nameOfPart, type StructuredTable } from '../../structure/structured-table.ts';

type Part<K extends StructurePart['kind']> = Extract<StructurePart, { kind: K }>;

/** A part in PostgreSQL's words, and what is to be said about it; `null`: it has none. */
interface Translated {
  readonly part: StructurePart | null;
  readonly warning: Pick<StructureWarning, 'code' | 'reason'> | null;
}

const made = (part: StructurePart): Translated => ({ part, warning: null });
const notMade = (reason: string): Translated => ({ part: null, warning: { code: 'STRUCTURE_NOT_MADE', reason } });

/** Most bytes of a name. */
const longest = 63;

/** Names of indexes are those of a whole schema, not of one table. */
const indexName = (table: string, name: string): string => {
  let [whole, bytes] = ['', 0];
  for (const character of `${table}_${name}`) {
    bytes += Buffer.byteLength(character);
    if (bytes > longest) break;
    whole += character;
  }
  return whole;
};

const ordered = (part: Part<'index'> | Part<'unique'>, { relation }: StructuredTable): Translated => {
  if (part.kind === 'unique' && isKey(relation, part.columns)) return { part: null, warning: null };
  const { name, indexed, dialect: _, ...rest } = part;
  if (indexed === null) return notMade(`it is no ordered index over columns: ${part.sql}`);
  const isThere = (column: string) => relation.columns.some((each) => each.name === column && !each.generated);
  const missing = indexed.find((each) => !isThere(each.name));
  if (missing !== undefined) return notMade(`the target has no column "${missing.name}"`);
  const short = indexed.find(({ length }) => length !== null);
  if (short !== undefined) return notMade(`it is over the beginning of "${short.name}"`);
  const loose = indexed.find(({ collation }) => !isExactCollation(collation));
  if (part.kind === 'unique' && loose !== undefined)
    return notMade(
      `"${loose.name}" is compared by ${loose.collation} at the source, and by all of its characters at the target`,
    );
  const list = indexed.map((each) => `${quoteIdentifier(each.name)}${each.descending ? ' DESC' : ''}`).join(', ');
  return made({ ...rest, name: indexName(relation.table, name), indexed, sql: `USING btree (${list})` });
};

const clauseOf = (event: 'DELETE' | 'UPDATE', action: ReferentialAction): string =>
  action === 'no action' ? '' : ` ON ${event} ${action.toUpperCase()}`;

const foreignKey = ({ dialect: _, ...part }: Part<'foreign-key'>): Translated => {
  const { onDelete, onUpdate, references } = part;
  if (onDelete === null || onUpdate === null) return notMade(`the target has no such action: ${part.sql}`);
  const list = references.columns.map(quoteIdentifier).join(', ');
  return made({ ...part, sql: `(${list})${clauseOf('DELETE', onDelete)}${clauseOf('UPDATE', onUpdate)}` });
};

const nowOf: Partial<Readonly<Record<Column['type'], string>>> = {
  timestamp: 'LOCALTIMESTAMP',
  timestamptz: 'now()',
  date: 'CURRENT_DATE',
};

const defaultValue = ({ dialect: _, ...part }: Part<'default'>, { source, relation }: StructuredTable): Translated => {
  const { value, sql } = part;
  const column = source.columns[relation.columns.findIndex(({ name }) => name === part.column)];
  if (value === null || column === undefined) return notMade(`it is no constant of the source: ${sql}`);
  if (value.kind === 'constant')
    return value.text === null ? { part: null, warning: null } : made({ ...part, sql: quoteLiteral(value.text) });
  const now = nowOf[column.type];
  if (now === undefined) return notMade(`the target has no such value of the column: ${sql}`);
  const reason = 'updates do not set it: it would not be what the source has';
  return { part: { ...part, sql: now }, warning: value.onUpdate ? { code: 'STRUCTURE_DIFFERS', reason } : null };
};

const translated = (part: StructurePart, table: StructuredTable): Translated => {
  switch (part.kind) {
    case 'index':
    case 'unique':
      return ordered(part, table);
    case 'foreign-key':
      return foreignKey(part);
    case 'default':
      return defaultValue(part, table);
    case 'identity': {
      const { dialect: _, ...rest } = part;
      return made({ ...rest, sql: `INCREMENT BY ${part.increment}` });
    }
    case 'check':
    case 'exclusion':
      return notMade(`the target may understand it in another way: ${part.sql}`);
    case 'comment':
      return made(part);
  }
};

/** Tables whose parts are in PostgreSQL's words, and what is to be said about those that have none. */
export const translateTables = (
  tables: ReadonlyMap<string, StructuredTable>,
): { readonly tables: ReadonlyMap<string, StructuredTable>; readonly warnings: readonly StructureWarning[] } => {
  const warnings: StructureWarning[] = [];
  const inPostgres = [...tables].map(([name, table]) => {
    const parts = table.parts.flatMap((named): readonly NamedPart[] => {
      if (!('dialect' in named.part) || named.part.dialect === undefined) return [named];
      const { part, warning } = translated(named.part, table);
      const said = { table: qualifiedName(table.relation), part: named.part.kind, name: nameOfPart(named.part) };
      if (warning !== null) warnings.push({ ...said, ...warning });
      return part === null ? [] : [{ part, isSqlOutdated: false }];
    });
    return [name, { ...table, parts }] as const;
  });
  return { tables: new Map(inPostgres), warnings };
};
