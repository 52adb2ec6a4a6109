import { MillraceError } from '@millrace/core';
import { quoteIdentifier, quoteLiteral } from '@millrace/mysql-client';
import type { CatalogColumn } from '../evolve/catalog-column.ts';
import { defaultClause, needsExpression } from '../evolve/column-definition.ts';
import { partsOf } from '../target/bare-type.ts';
import { isForWant } from '../target/create-table.ts';
import { differing, nothing, notMade, type PlannedPart, run } from './planned-part.ts';
import { columnMissing, columnNamed, type Part, type StructuredPlace } from './structured-place.ts';
import { commentProblem } from './table-additions.ts';

/** The time of now as values of a column; `null`: it has none. A zone that the source knows is that of UTC at the target. */
const nowOf = (dataType: string, type: string, isZoned: boolean): string | null => {
  const digits = partsOf(type).first ?? 0;
  if (dataType === 'date') return 'CURRENT_DATE';
  if (dataType === 'timestamp') return `CURRENT_TIMESTAMP(${digits})`;
  return dataType === 'datetime' ? `${isZoned ? 'UTC_TIMESTAMP' : 'CURRENT_TIMESTAMP'}(${digits})` : null;
};

const hasDefault = ({ default: value, dataType }: CatalogColumn): boolean =>
  value !== null && value !== 'NULL' && !isForWant(dataType, value);

export const defaultStatement = (
  place: StructuredPlace,
  { column: name, value, sql }: Part<'default'>,
): PlannedPart => {
  const column = columnNamed(place, name);
  if (column === undefined) return notMade(columnMissing(name));
  if (column.generated || hasDefault(column)) return nothing;
  if (value === null) return notMade(`it is no constant of the source: ${sql}`);
  const source = place.source.columns[place.relation.columns.findIndex((each) => each.name === name)];
  const set = (clause: string) =>
    run('set-default', `ALTER TABLE ${place.table} ALTER COLUMN ${quoteIdentifier(name)} SET ${clause}`);
  if (value.kind === 'now') {
    const now = nowOf(column.dataType, column.type, source?.type === 'timestamptz');
    if (now === null) return notMade(`the target has no such value for ${column.type}: ${sql}`);
    const reasons = value.onUpdate ? ['updates do not set it: it would not be what the source has'] : [];
    return differing(set(`DEFAULT (${now})`), reasons);
  }
  if (value.text === null || source === undefined) return nothing;
  if (needsExpression.test(column.type) && place.server.kind === 'mysql')
    return notMade(`the target takes none for ${column.type} once its table is made`);
  try {
    return set(defaultClause(value.text, source, column.type));
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return notMade(`it is no value of ${column.type}: ${error.message}`);
  }
};

export const identityStatement = (
  place: StructuredPlace,
  { column: name, increment }: Part<'identity'>,
): PlannedPart => {
  const column = columnNamed(place, name);
  if (column === undefined) return notMade(columnMissing(name));
  if (!/\bauto_increment\b/i.test(column.extra))
    return notMade(
      'a table gets AUTO_INCREMENT when it is made, for an integer that counts upwards and begins its primary key',
    );
  return differing(nothing, increment === '1' ? [] : [`the target counts by 1, the source by ${increment}`]);
};

export const commentStatement = (place: StructuredPlace, { column: name, text }: Part<'comment'>): PlannedPart => {
  const { existing, table } = place;
  const column = name === null ? undefined : columnNamed(place, name);
  if (name !== null && column === undefined) return notMade(columnMissing(name));
  if ((column?.comment ?? existing.comment) !== '') return nothing;
  const problem = commentProblem(name, text);
  if (problem !== null) return notMade(problem);
  if (name !== null) return notMade('a column gets it when its table is made');
  return run('comment', `ALTER TABLE ${table} COMMENT = ${quoteLiteral(text)}`);
};
