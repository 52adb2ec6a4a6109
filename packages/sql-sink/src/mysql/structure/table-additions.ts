import { qualifiedName } from '@millrace/core';
import type { StructuredTable } from '../../structure/structured-table.ts';
import { keyColumns } from '../../target/key-columns.ts';
import { bareType } from '../target/bare-type.ts';

/** What a table gets when it is made, because it would be written anew otherwise, or every word of a column said again. */
export interface TableAdditions {
  /** The column that numbers its rows. */
  readonly autoIncrement: string | null;
  /** By the name of the column; of `null` that of the table. */
  readonly comments: ReadonlyMap<string | null, string>;
}

export const noAdditions: TableAdditions = { autoIncrement: null, comments: new Map() };

const mostCharacters = { column: 1_024, table: 2_048 };

/** Why servers do not take a comment as it is; `null`: they do. */
export const commentProblem = (column: string | null, text: string): string | null => {
  const most = mostCharacters[column === null ? 'table' : 'column'];
  if (text.length > most) return `it has more than ${most} characters`;
  return /[\u{10000}-\u{10FFFF}\0]/u.test(text) ? 'it has characters of more than three bytes in UTF-8' : null;
};

const isInteger = /^(?:tiny|small|medium|big)?int( unsigned)?$/;

const tableAdditions = ({ relation, parts }: StructuredTable): TableAdditions => {
  const first = keyColumns(relation)?.[0];
  const isNumbered = parts.some(
    ({ part }) => part.kind === 'identity' && part.column === first?.name && !part.increment.startsWith('-'),
  );
  const comments = new Map<string | null, string>();
  for (const { part } of parts)
    if (part.kind === 'comment' && commentProblem(part.column, part.text) === null)
      comments.set(part.column, part.text);
  const isPossible = first !== undefined && isNumbered && isInteger.test(bareType(first.native));
  return { autoIncrement: isPossible ? first.name : null, comments };
};

/** What tables get when they are made, by their name at the target. */
export const additionsOf = (tables: ReadonlyMap<string, StructuredTable>): ReadonlyMap<string, TableAdditions> =>
  new Map([...tables.values()].map((table) => [qualifiedName(table.relation), tableAdditions(table)]));
