import type { IndexedColumn } from '@millrace/core';
import { quoteIdentifier } from '@millrace/mysql-client';
import { isKey } from '../../structure/is-key.ts';
import type { CatalogColumn } from '../evolve/catalog-column.ts';
import { needsExpression } from '../evolve/column-definition.ts';
import { partsOf } from '../target/bare-type.ts';
import { isBinaryCollation, isExactCollation } from '../target/collation.ts';
import { bytesInKey, mostKeyBytes } from '../target/fit-types.ts';
import { nothing, notMade, type PlannedPart, run } from './planned-part.ts';
import { columnMissing, columnNamed, type Part, type StructuredPlace } from './structured-place.ts';

type IndexPart = Part<'index'> | Part<'unique'>;

const isText = /^(?:var)?char$|text$/;

/** Of a text or bytes; `null`: all of a value. A column may be as short at the target as the beginning of a value was. */
const lengthOf = ({ length }: IndexedColumn, { type }: CatalogColumn): number | null => {
  const { name, first } = partsOf(type);
  return length !== null && /^(?:var)?(?:char|binary)$/.test(name) && (first ?? 1) <= length ? null : length;
};

const columnProblem = (indexed: IndexedColumn, column: CatalogColumn | undefined): string | null => {
  if (column === undefined) return columnMissing(indexed.name);
  if (needsExpression.test(column.dataType) && indexed.length === null)
    return `"${column.name}" is ${column.dataType} at the target, of which an index cannot hold whole values`;
  return null;
};

/** Whether values of a column collide at the target exactly when they do at the source. */
const comparedOtherwise = (
  indexed: IndexedColumn,
  { name, dataType, collation }: CatalogColumn,
  { source, relation }: StructuredPlace,
): string | null => {
  const at = relation.columns.findIndex((column) => column.name === name);
  if (!isText.test(dataType) || collation === null || collation === indexed.collation) return null;
  const isAscii = /^(?:uuid|decimal)$/.test(source.columns[at]?.type ?? '');
  const isExact = (isAscii ? isBinaryCollation : isExactCollation)(collation);
  if (isExact && isExactCollation(indexed.collation)) return null;
  return `"${name}" is compared by ${indexed.collation ?? 'all of its characters'} at the source, and by ${collation} at the target`;
};

const ordered = (place: StructuredPlace, part: IndexPart, indexed: readonly IndexedColumn[]): PlannedPart => {
  const pairs = indexed.map((each) => [each, columnNamed(place, each.name)] as const);
  const problem = pairs.map(([each, column]) => columnProblem(each, column)).find((found) => found !== null);
  if (problem !== undefined && problem !== null) return notMade(problem);
  const there = pairs.flatMap(([each, column]) => (column === undefined ? [] : [[each, column] as const]));
  const otherwise = there
    .map(([each, column]) => comparedOtherwise(each, column, place))
    .find((found) => found !== null);
  if (part.kind === 'unique' && otherwise !== undefined && otherwise !== null) return notMade(otherwise);
  const bytes = there.reduce((sum, [each, column]) => sum + bytesInKey(column, lengthOf(each, column)), 0);
  if (bytes > mostKeyBytes)
    return notMade(`an entry would have up to ${bytes} bytes, and ${mostKeyBytes} are the most`);
  const list = there.map(([each, column]) => {
    const length = lengthOf(each, column);
    return `${quoteIdentifier(column.name)}${length === null ? '' : `(${length})`}${each.descending ? ' DESC' : ''}`;
  });
  const unique = part.kind === 'unique' ? 'UNIQUE ' : '';
  return run(
    'create-index',
    `ALTER TABLE ${place.table} ADD ${unique}INDEX ${quoteIdentifier(part.name)} (${list.join(', ')})`,
  );
};

/** How the target gets an index. `isSqlUsable`: it understands the source's own words. */
export const indexStatement = (place: StructuredPlace, part: IndexPart, isSqlUsable: boolean): PlannedPart => {
  if (part.kind === 'unique' && isKey(place.relation, part.columns)) return nothing;
  if (place.existing.indexes.has(part.name.toLowerCase())) return nothing;
  if (part.kind === 'unique' && part.constraint?.startsWith('DEFERRABLE') === true)
    return notMade('the source checks it at the end of a statement or transaction, the target at once');
  if (part.indexed !== null) return ordered(place, part, part.indexed);
  // Whether two values collide may depend on how columns are compared there.
  if (isSqlUsable && part.kind === 'index') return run('create-index', `ALTER TABLE ${place.table} ADD ${part.sql}`);
  return notMade(`it is no ordered index over whole columns and all rows: ${part.sql}`);
};
