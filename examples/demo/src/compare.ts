import type { BankDatabase } from './server-kinds.ts';

const pageSize = 10_000;

interface Row {
  readonly id: number;
  /** Every value, as every kind of server prints it alike. None is null at the source. */
  readonly text: string;
}

interface Column {
  readonly name: string;
  readonly isTime: boolean;
}

/** The columns of a table at the source: the target may have kept others. */
const columnsOf = async ({ name, query }: BankDatabase, table: string): Promise<readonly Column[]> => {
  // The tables lie in this schema in PostgreSQL, in the database in MySQL.
  const columns = await query(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_name = '${table}' AND table_schema IN ('public', '${name}') ORDER BY ordinal_position`,
  );
  return columns.map((column) => ({ name: String(column.name), isTime: String(column.type).startsWith('timestamp') }));
};

/** The rows of a table in the order of their ids, without all of them in memory. */
async function* rowsOf({ query, sql }: BankDatabase, table: string, columns: readonly Column[]): AsyncGenerator<Row> {
  const values = columns.map(({ name, isTime }) => (isTime ? sql.seconds(name) : name));
  for (let last = 0; ; ) {
    const rows = await query(
      `SELECT id, concat_ws(',', ${values.join(', ')}) AS text FROM ${table} WHERE id > ${last} ORDER BY id LIMIT ${pageSize}`,
    );
    if (rows.length === 0) return;
    for (const row of rows) {
      last = Number(row.id);
      yield { id: last, text: String(row.text) };
    }
  }
}

interface Comparison {
  readonly rows: number;
  /** Rows that one side has not, or has with other values. */
  readonly different: number;
}

const idOf = (row: IteratorResult<Row>): number => (row.done ? Number.POSITIVE_INFINITY : row.value.id);

const isEqual = (a: IteratorResult<Row>, b: IteratorResult<Row>): boolean =>
  !a.done && !b.done && a.value.id === b.value.id && a.value.text === b.value.text;

/** Compares rows that come in the order of their ids. */
export const compareRows = async (left: AsyncIterator<Row>, right: AsyncIterator<Row>): Promise<Comparison> => {
  let [a, b] = [await left.next(), await right.next()];
  let rows = 0;
  let different = 0;
  while (!a.done || !b.done) {
    if (isEqual(a, b)) rows++;
    else different++;
    const [leftId, rightId] = [idOf(a), idOf(b)];
    if (leftId <= rightId) a = await left.next();
    if (rightId <= leftId) b = await right.next();
  }
  return { rows, different };
};

/** Compares a table of two servers row by row, every column by its value. */
export const compareTable = async (source: BankDatabase, target: BankDatabase, table: string): Promise<Comparison> => {
  const columns = await columnsOf(source, table);
  return compareRows(rowsOf(source, table, columns), rowsOf(target, table, columns));
};
