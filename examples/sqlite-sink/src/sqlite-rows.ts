import { qualifiedName, type Relation, type RowImage } from '@millrace/core';
import type { Database } from 'sql.js';

const integers: ReadonlySet<string> = new Set(['smallint', 'int', 'bigint']);
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const tableOf = (relation: Relation): string => quoted(qualifiedName(relation));
const nameOf = (relation: Relation, column: number): string => quoted(relation.columns[column]?.name ?? '');

export const createTable = (database: Database, relation: Relation): void => {
  // Whole numbers are numbers; everything else is its exact text.
  const columns = relation.columns
    .filter(({ generated }) => !generated)
    .map(({ name, type }) => `${quoted(name)} ${integers.has(type) ? 'INTEGER' : 'TEXT'}`);
  const key = (relation.key ?? []).map((column) => nameOf(relation, column));
  database.run(
    `CREATE TABLE IF NOT EXISTS ${tableOf(relation)} (${columns.join()}, PRIMARY KEY (${key.join()})) STRICT`,
  );
};

/** The columns that an image says, also those that are NULL. */
const sentColumns = (row: RowImage): readonly number[] =>
  [...row.relation.columns.keys()].filter((column) => {
    const state = row.state(column);
    return (state === 'value' || state === 'null') && row.relation.columns[column]?.generated === false;
  });

const textsOf = (row: RowImage, columns: readonly number[]) => columns.map((column) => row.text(column));

/** The condition for the row with the key of the first image that says it, column by column. */
const keyed = (relation: Relation, images: readonly (RowImage | null)[]) => {
  const columns = relation.key ?? [];
  return {
    condition: columns.map((column) => `${nameOf(relation, column)} = ?`).join(' AND '),
    texts: columns.map((column) => images.find((row) => row?.state(column) === 'value')?.text(column) ?? null),
  };
};

/** Writes a row, whatever is there. */
export const putRow = (database: Database, row: RowImage): void => {
  const { relation } = row;
  const columns = sentColumns(row);
  const names = columns.map((column) => nameOf(relation, column)).join();
  const places = columns.map(() => '?').join();
  database.run(`INSERT OR REPLACE INTO ${tableOf(relation)} (${names}) VALUES (${places})`, textsOf(row, columns));
};

/** Sets what an image says in the row that has the key of `images`. Returns whether there was one. */
export const setRow = (database: Database, row: RowImage, images: readonly (RowImage | null)[]): boolean => {
  const { relation } = row;
  const columns = sentColumns(row);
  const key = keyed(relation, images);
  const values = columns.map((column) => `${nameOf(relation, column)} = ?`).join();
  database.run(`UPDATE ${tableOf(relation)} SET ${values} WHERE ${key.condition}`, [
    ...textsOf(row, columns),
    ...key.texts,
  ]);
  return database.getRowsModified() > 0;
};

export const deleteRow = (database: Database, row: RowImage): void => {
  const { condition, texts } = keyed(row.relation, [row]);
  database.run(`DELETE FROM ${tableOf(row.relation)} WHERE ${condition}`, texts);
};

export const deleteRows = (database: Database, relation: Relation): void => {
  database.run(`DELETE FROM ${tableOf(relation)}`);
};

export const dropTable = (database: Database, relation: Relation): void => {
  database.run(`DROP TABLE IF EXISTS ${tableOf(relation)}`);
};
