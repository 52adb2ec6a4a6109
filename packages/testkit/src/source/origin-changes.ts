import type { Change, Operation, RowImage } from '@millrace/core';
import type { OriginChange, OriginRow, SourceWorld } from './source-world.ts';

type Table = SourceWorld['table'];

/** What a change says, in the words of the origin. `undefined`: the log leaves the value out. */
export interface ReadChange {
  readonly op: Operation | 'read';
  readonly transaction: string | null;
  readonly id: string;
  readonly sequence: number;
  readonly row: Readonly<Record<string, unknown>> | null;
  /** The key before. */
  readonly former: string | null;
  /** `schema.table`, the columns of its key, and what the images say in the log's own names. */
  readonly table: string;
  readonly key: readonly string[] | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

const textOf = (image: RowImage, name: string): string | null | undefined => {
  const column = image.relation.columns.findIndex((one) => one.name === name);
  const state = column < 0 ? 'absent' : image.state(column);
  if (state === 'unchanged' || state === 'absent') return undefined;
  return state === 'null' ? null : image.text(column);
};

export const rowOf = (image: RowImage, { columns }: Table): Readonly<Record<string, unknown>> => {
  const names = Object.entries(columns);
  const values = names.map(([word, name]) => [word, textOf(image, name)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
};

export const readChange = (change: Change, table: Table): ReadChange => {
  const { op, image, transaction, id, sequence, relation } = change;
  return {
    op,
    transaction: transaction?.id ?? null,
    id,
    sequence,
    row: image.after && rowOf(image.after, table),
    former: image.before && (textOf(image.before, table.columns.id) ?? null),
    table: change.table,
    key: relation.key?.map((column) => relation.columns[column]?.name ?? '') ?? null,
    before: image.before?.toObject() ?? null,
    after: image.after?.toObject() ?? null,
  };
};

/** The values as texts. */
export const texts = (row: OriginRow, { columns }: Table): Readonly<Record<string, unknown>> => {
  const { id, note, count } = row;
  const known = { id, note, ...(columns.count === undefined ? {} : { count }) };
  const said = Object.entries(known).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said.map(([word, value]) => [word, value === null ? null : String(value)]));
};

/** The rows that are there after these transactions, by key. */
export const originRows = (transactions: readonly (readonly OriginChange[])[], table: Table) => {
  const rows = new Map<number, Readonly<Record<string, unknown>>>();
  for (const change of transactions.flat())
    if (change.op === 'truncate') rows.clear();
    else if (change.op === 'delete') rows.delete(change.id);
    else {
      const former = change.op === 'update' ? rows.get(change.id) : undefined;
      if (change.op === 'update') rows.delete(change.id);
      rows.set(change.row.id, { ...former, ...texts(change.row, table) });
    }
  return rows;
};

export const supports = ({ operations }: Table, wanted: Operation): boolean => operations?.includes(wanted) ?? true;

/** What of transactions the origin can do. Those of which nothing is left are left out. */
export const possible = (
  transactions: readonly (readonly OriginChange[])[],
  table: Table,
): readonly (readonly OriginChange[])[] =>
  transactions
    .map((changes) => changes.filter(({ op }) => supports(table, op)))
    .filter((changes) => changes.length > 0);
