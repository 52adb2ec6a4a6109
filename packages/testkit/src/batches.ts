import {
  type Change,
  type ChangeBatch,
  changeBatch,
  createChange,
  decodedRow,
  qualifiedName,
  type Relation,
  type Transaction,
} from '@millrace/core';

/** A column as the suites describe it, in the words of PostgreSQL for its native type. */
const column = (name: string, type: Relation['columns'][number]['type'], native: string, nullable = true) => ({
  name,
  type,
  native,
  nullable,
  generated: false,
});

/** The table that most cases write to. */
export const items: Relation = {
  schema: 'testkit',
  table: 'items',
  version: 1,
  columns: [
    column('id', 'int', 'integer', false),
    column('note', 'text', 'text'),
    column('amount', 'bigint', 'bigint'),
  ],
  key: [0],
  identity: 'key',
};

/** Its values by column; one that is not named counts as unchanged. */
export type Values = Readonly<Record<string, unknown>>;

/** One change as a case says it. */
export type Written = { readonly relation?: Relation } & (
  | { readonly op: 'insert' | 'read'; readonly after: Values }
  | { readonly op: 'update'; readonly after: Values; readonly before?: Values }
  | { readonly op: 'delete'; readonly before: Values }
  | { readonly op: 'truncate' }
);

/** Transaction n begins at position n and ends at n + 1. */
const transactionOf = (number: number): Transaction => ({
  id: `t${number}`,
  commitTime: 1_700_000_000_000 + number,
  position: String(number),
});

const positionAfter = (number: number): string => String(number + 1);

/** Positions of the suites are numbers. */
export const comparePositions = (a: string, b: string): -1 | 0 | 1 => Math.sign(Number(a) - Number(b)) as -1 | 0 | 1;

const rowOf = (relation: Relation, values: Values | undefined) =>
  values === undefined ? null : decodedRow(relation, { ...values });

const changeOf = (written: Written, transaction: Transaction | null, sequence: number): Change => {
  const { op, relation = items } = written;
  const after = 'after' in written ? written.after : undefined;
  const before = 'before' in written ? written.before : undefined;
  return createChange({
    op,
    table: qualifiedName(relation),
    relation,
    transaction,
    sequence,
    before: rowOf(relation, before),
    after: rowOf(relation, after),
  });
};

/** Whole transactions, the first of which has this number, as one batch. */
export const wholeTransactions = (first: number, transactions: readonly (readonly Written[])[]): ChangeBatch => {
  const changes = transactions.flatMap((written, n) =>
    written.map((one, sequence) => changeOf(one, transactionOf(first + n), sequence)),
  );
  return changeBatch(changes, { position: positionAfter(first + transactions.length - 1) });
};

/** One transaction in parts of so many changes. */
export const inParts = (number: number, written: readonly Written[], size: number): readonly ChangeBatch[] => {
  const transaction = transactionOf(number);
  const changes = written.map((one, sequence) => changeOf(one, transaction, sequence));
  const parts: ChangeBatch[] = [];
  for (let at = 0; at < changes.length; at += size) {
    const isLast = at + size >= changes.length;
    const end = isLast ? { position: positionAfter(number) } : { position: null, transaction };
    parts.push(changeBatch(changes.slice(at, at + size), end));
  }
  return parts;
};

/** A position alone. */
export const heartbeat = (position: string): ChangeBatch => changeBatch([], { position });
