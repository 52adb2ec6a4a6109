import type { ReferentialAction } from '@millrace/core';
import { quoteIdentifier, type ServerVersion } from '@millrace/mysql-client';
import type { CatalogColumn } from '../evolve/catalog-column.ts';
import { bareType } from '../target/bare-type.ts';
import { differing, nothing, notMade, type PlannedPart, run } from './planned-part.ts';
import { columnMissing, columnNamed, type Part, type StructuredPlace } from './structured-place.ts';

/** Of two words for the same, MySQL means `NO ACTION` where nothing is said, and MariaDB `RESTRICT`. */
const clauseOf = (event: 'DELETE' | 'UPDATE', action: ReferentialAction, { kind }: ServerVersion): string =>
  action === (kind === 'mysql' ? 'no action' : 'restrict') ? '' : ` ON ${event} ${action.toUpperCase()}`;

/** The server compares columns of foreign keys without converting anything. */
const typesProblem = (own: CatalogColumn, other: CatalogColumn): string | null => {
  const isSame =
    own.collation !== null || other.collation !== null
      ? own.collation === other.collation
      : bareType(own.type) === bareType(other.type);
  const told = ({ name, type, collation }: CatalogColumn) =>
    `"${name}" is ${type}${collation === null ? '' : ` collate ${collation}`}`;
  return isSame ? null : `${told(own)} at the target, and ${told(other)}`;
};

/** Rows without the row that they refer to. */
const orphans = (
  place: StructuredPlace,
  other: StructuredPlace,
  { columns, references }: Part<'foreign-key'>,
): string => {
  const pairs = columns.map((name, at) => [quoteIdentifier(name), quoteIdentifier(references.columns[at] ?? '')]);
  const match = pairs.map(([own, there]) => `o.${there} = c.${own}`).join(' AND ');
  const whole = pairs.map(([own]) => `c.${own} IS NOT NULL`).join(' AND ');
  return `SELECT 1 FROM ${place.table} c WHERE ${whole} AND NOT EXISTS (SELECT 1 FROM ${other.table} o WHERE ${match}) LIMIT 1`;
};

/** How the target gets a foreign key. `indexes`: those that the other table has, or gets before. */
export const foreignKeyStatement = (
  place: StructuredPlace,
  part: Part<'foreign-key'>,
  other: StructuredPlace,
  indexes: readonly (readonly (string | null)[])[],
): PlannedPart => {
  const { name, columns, references, onDelete, onUpdate, match, deferrable, validated } = part;
  if (place.existing.constraints.has(name.toLowerCase())) return nothing;
  if (onDelete === null || onUpdate === null || onDelete === 'set default' || onUpdate === 'set default')
    return notMade(`the target has no such action: ${part.sql}`);
  if (match === 'full' && columns.length > 1) return notMade('the target does not check MATCH FULL');
  for (const [at, own] of columns.entries()) {
    const [column, there] = [columnNamed(place, own), columnNamed(other, references.columns[at] ?? '')];
    if (column === undefined) return notMade(columnMissing(own));
    if (there === undefined) return notMade(columnMissing(references.columns[at] ?? ''));
    const problem = typesProblem(column, there);
    if (problem !== null) return notMade(problem);
  }
  if (!indexes.some((index) => references.columns.every((column, at) => index[at] === column)))
    return notMade(`the target has no index of ${other.table} that begins with (${references.columns.join(', ')})`);
  const [own, there] = [columns, references.columns].map((list) => list.map(quoteIdentifier).join(', '));
  const add = `ALTER TABLE ${place.table} ADD CONSTRAINT ${quoteIdentifier(name)} FOREIGN KEY (${own}) REFERENCES ${other.table} (${there})`;
  const sql = `${add}${clauseOf('DELETE', onDelete, place.server)}${clauseOf('UPDATE', onUpdate, place.server)}`;
  const planned = run('add-constraint', sql, validated ? orphans(place, other, part) : null);
  return differing(
    planned,
    deferrable ? ['the target checks it with each statement, not at the end of the transaction'] : [],
  );
};
