/** A column of a type, and SQL of its values. */
export interface ValueColumn {
  readonly type: string;
  readonly values: readonly string[];
}

export interface ValueTable {
  readonly name: string;
  readonly create: string;
  /** Rows that are there before the stream. */
  readonly fill: string;
  /** Inserts the same values, and changes rows to hold them. */
  readonly change: string;
}

/** How many columns a table may have, whatever they are. */
const columnsOfTable = 40;

/** The first row's id of the values that are copied, inserted and updated. */
const firstIds = [0, 100, 200] as const;

const valueTable = (at: number, columns: readonly ValueColumn[]): ValueTable => {
  const name = `values_${at}`;
  const count = Math.max(...columns.map(({ values }) => values.length));
  const value = ({ values }: ValueColumn, row: number) => values[row % values.length] ?? 'NULL';
  const row = (id: number, each: number) =>
    `INSERT INTO ${name} VALUES (${id}, ${columns.map((column) => value(column, each)).join(', ')})`;
  const rows = Array.from({ length: count }, (_, each) => each);
  const [copied, inserted, updated] = firstIds;
  const nulls = (id: number) => `INSERT INTO ${name} (id) VALUES (${id})`;
  const assigned = (each: number) => columns.map((column, index) => `c${index} = ${value(column, each)}`).join(', ');
  return {
    name,
    create: `CREATE TABLE ${name} (id int PRIMARY KEY, ${columns.map(({ type }, index) => `c${index} ${type} NULL`).join(', ')})`,
    fill: [
      ...rows.map((each) => row(copied + each, each)),
      nulls(copied + count),
      ...rows.map((each) => (each % 2 === 0 ? nulls(updated + each) : row(updated + each, each + 1))),
      row(updated + count, 0),
    ].join(';'),
    change: [
      'START TRANSACTION',
      ...rows.map((each) => row(inserted + each, each)),
      nulls(inserted + count),
      ...rows.map((each) => `UPDATE ${name} SET ${assigned(each)} WHERE id = ${updated + each}`),
      `UPDATE ${name} SET ${columns.map((_, index) => `c${index} = NULL`).join(', ')} WHERE id = ${updated + count}`,
      'COMMIT',
    ].join(';'),
  };
};

/** Tables with all the columns; each has `id`, and `c0` and so on. */
export const valueTables = (columns: readonly ValueColumn[]): readonly ValueTable[] =>
  Array.from({ length: Math.ceil(columns.length / columnsOfTable) }, (_, at) =>
    valueTable(at, columns.slice(at * columnsOfTable, (at + 1) * columnsOfTable)),
  );
