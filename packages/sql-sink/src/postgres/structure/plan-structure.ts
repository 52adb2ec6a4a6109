import { qualifiedName, type Relation, type StructurePart } from '@millrace/core';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '@millrace/postgres-client';
import { isKey } from '../../structure/is-key.ts';
import { type NamedPart, nameOfPart, type StructuredTable } from '../../structure/structured-table.ts';
import { type ExistingStructure, newTable } from './existing-structure.ts';

export interface StructureStatement {
  readonly kind: string;
  readonly sql: string;
  /** Writers of the table wait for it, and it for them: it must not be waited for long. */
  readonly blocks: boolean;
}

export interface UnfinishedIndex {
  /** As SQL, like the name of its table. */
  readonly name: string;
  readonly table: string;
  readonly drop: string;
}

/** Statements that make one part, in order: without the first the others make no sense. */
export interface StructureTask {
  readonly table: string;
  readonly part: StructurePart['kind'];
  /** Its own, or that of its column. */
  readonly name: string;
  readonly statements: readonly StructureStatement[];
  /** The index that is not valid, and of no use, when a statement fails; `null`: none is made. */
  readonly index: UnfinishedIndex | null;
}

interface Place {
  readonly relation: Relation;
  /** As SQL. */
  readonly table: string;
  readonly existing: ExistingStructure;
  /** By the name at the source: the tables that a foreign key may refer to. */
  readonly targets: ReadonlyMap<string, Relation>;
}

type Part<K extends StructurePart['kind']> = Extract<StructurePart, { kind: K }>;

const blocking = (kind: string, sql: string): StructureStatement => ({ kind, sql, blocks: true });
const beside = (kind: string, sql: string): StructureStatement => ({ kind, sql, blocks: false });

const indexName = ({ relation }: Place, name: string): string => quoteQualified(relation.schema, name);

/** Writers need not wait for it, unless the table has partitions. One that was interrupted is made anew. */
const makeIndex = (place: Place, { name, sql }: Part<'index' | 'unique'>, unique: string): StructureStatement[] => {
  const { existing, table } = place;
  const isPartitioned = existing.kind === 'p';
  const valid = Object.hasOwn(existing.indexes, name) ? existing.indexes[name] : undefined;
  if (valid === true || (valid === false && isPartitioned)) return [];
  const create = `CREATE ${unique}INDEX ${isPartitioned ? '' : 'CONCURRENTLY '}${quoteIdentifier(name)} ON ${table} ${sql}`;
  return [
    ...(valid === false ? [beside('drop-index', dropIndex(place, name))] : []),
    { kind: 'create-index', sql: create, blocks: isPartitioned },
  ];
};

const dropIndex = (place: Place, name: string): string => `DROP INDEX CONCURRENTLY IF EXISTS ${indexName(place, name)}`;

const makeUnique = (place: Place, part: Part<'unique'>): readonly StructureStatement[] => {
  const { existing, table } = place;
  const { name, columns, constraint } = part;
  if (isKey(place.relation, columns)) return [];
  if (constraint === null) return makeIndex(place, part, 'UNIQUE ');
  if (Object.hasOwn(existing.constraints, name)) return [];
  const add = `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(name)} UNIQUE`;
  const list = (columns ?? []).map(quoteIdentifier).join(', ');
  if (existing.kind === 'p') return [blocking('add-constraint', `${add} (${list}) ${constraint}`.trimEnd())];
  const using = `${add} USING INDEX ${quoteIdentifier(name)} ${constraint}`.trimEnd();
  return [...makeIndex(place, part, 'UNIQUE '), blocking('add-constraint', using)];
};

/** Added for new rows first, which takes a moment, and then checked for those that are there, which stops nobody. */
const makeConstraint = (
  { existing, table }: Place,
  { name, validated }: { readonly name: string; readonly validated: boolean },
  definition: string,
  atOnce: boolean,
): readonly StructureStatement[] => {
  const alter = `ALTER TABLE ${table}`;
  const validate = beside('validate-constraint', `${alter} VALIDATE CONSTRAINT ${quoteIdentifier(name)}`);
  if (Object.hasOwn(existing.constraints, name))
    return validated && existing.constraints[name] === false ? [validate] : [];
  const later = validated && !atOnce;
  const add = `${alter} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}${later ? ' NOT VALID' : ''}`;
  return [blocking('add-constraint', add), ...(later ? [validate] : [])];
};

const makeForeignKey = (place: Place, part: Part<'foreign-key'>): readonly StructureStatement[] => {
  const target = place.targets.get(qualifiedName(part.references));
  if (target === undefined) return [];
  const other = quoteQualified(target.schema, target.table);
  const definition = `FOREIGN KEY (${part.columns.map(quoteIdentifier).join(', ')}) REFERENCES ${other} ${part.sql}`;
  // Before PostgreSQL 18 one of a partitioned table has to be checked at once.
  return makeConstraint(place, part, definition, place.existing.kind === 'p');
};

const makeValue = (place: Place, column: string, kind: string, action: string): readonly StructureStatement[] => {
  const isThere = place.relation.columns.some(({ name, generated }) => name === column && !generated);
  if (!isThere || place.existing.values.includes(column)) return [];
  return [blocking(kind, `ALTER TABLE ${place.table} ALTER COLUMN ${quoteIdentifier(column)} ${action}`)];
};

const makeComment = (place: Place, { column, text }: Part<'comment'>): readonly StructureStatement[] => {
  if (place.existing.comments.includes(column)) return [];
  if (column !== null && !place.relation.columns.some(({ name, generated }) => name === column && !generated))
    return [];
  const on = column === null ? `TABLE ${place.table}` : `COLUMN ${place.table}.${quoteIdentifier(column)}`;
  return [blocking('comment', `COMMENT ON ${on} IS ${quoteLiteral(text)}`)];
};

const statementsOf = (place: Place, part: StructurePart): readonly StructureStatement[] => {
  switch (part.kind) {
    case 'index':
      return makeIndex(place, part, '');
    case 'unique':
      return makeUnique(place, part);
    case 'exclusion':
      return makeConstraint(place, { name: part.name, validated: true }, part.sql, true);
    case 'check':
      return makeConstraint(place, part, part.sql, false);
    case 'foreign-key':
      return makeForeignKey(place, part);
    case 'default':
      return makeValue(place, part.column, 'set-default', `SET DEFAULT ${part.sql}`);
    case 'identity':
      return makeValue(place, part.column, 'add-identity', `ADD GENERATED BY DEFAULT AS IDENTITY (${part.sql})`);
    case 'comment':
      return makeComment(place, part);
  }
};

const taskOf = (place: Place, part: StructurePart): StructureTask => {
  const statements = statementsOf(place, part);
  const makesIndex = statements.some(({ kind, blocks }) => kind === 'create-index' && !blocks);
  const index =
    makesIndex && 'name' in part
      ? { name: indexName(place, part.name), table: place.table, drop: dropIndex(place, part.name) }
      : null;
  return { table: qualifiedName(place.relation), part: part.kind, name: nameOfPart(part), statements, index };
};

/**
 * What tables lack of their structure, in the order in which it can be made: foreign keys last, of whose two tables both are
 * among these. `tables` by the name at the source, `existing` by that at the target. A part that the target has by name, or a
 * column that has a value or a comment of its own, is left as it is.
 */
export const planStructure = (
  tables: ReadonlyMap<string, StructuredTable>,
  existing: ReadonlyMap<string, ExistingStructure>,
): readonly StructureTask[] => {
  const targets = new Map([...tables].map(([name, { relation }]) => [name, relation]));
  const tasks = [...tables.values()].flatMap(({ relation, parts }) => {
    const table = quoteQualified(relation.schema, relation.table);
    const place = { relation, table, existing: existing.get(qualifiedName(relation)) ?? newTable, targets };
    // A value says nothing of other columns.
    const isUsable = ({ part, isSqlOutdated }: NamedPart) =>
      !isSqlOutdated || part.kind === 'default' || part.kind === 'identity';
    return parts.filter(isUsable).map(({ part }) => taskOf(place, part));
  });
  const needed = tasks.filter(({ statements }) => statements.length > 0);
  const isLast = ({ part }: StructureTask) => part === 'foreign-key';
  return [...needed.filter((task) => !isLast(task)), ...needed.filter(isLast)];
};
