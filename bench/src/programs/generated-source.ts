import {
  type ChangeBatch,
  type Column,
  changeBatch,
  createChange,
  decodedRow,
  type Relation,
  type Source,
} from '@millrace/core';
import { itemRow } from './item-rows.ts';

const column = (name: string, type: Column['type'], native: string): Column => ({
  name,
  type,
  native,
  nullable: false,
  generated: false,
});

const items: Relation = {
  schema: 'public',
  table: 'items',
  version: 1,
  columns: [
    column('id', 'bigint', 'bigint'),
    column('quantity', 'int', 'integer'),
    column('price', 'decimal', 'numeric(12,2)'),
    column('note', 'text', 'text'),
    column('changed_at', 'timestamptz', 'timestamp with time zone'),
    column('attributes', 'json', 'jsonb'),
  ],
  key: [0],
  identity: 'key',
};

const marker: Relation = {
  schema: 'public',
  table: 'marker',
  version: 1,
  columns: [column('id', 'int', 'integer')],
  key: [0],
  identity: 'key',
};

const rowsPerTransaction = 1_000;

type Rows = readonly Readonly<Record<string, unknown>>[];

const transactionOf = (number: number, relation: Relation, rows: Rows): ChangeBatch => {
  const transaction = { id: String(number), commitTime: Date.now(), position: String(number) };
  const table = `${relation.schema}.${relation.table}`;
  const changes = rows.map((row, sequence) =>
    createChange({
      op: 'insert',
      table,
      relation,
      transaction,
      sequence,
      before: null,
      after: decodedRow(relation, row),
    }),
  );
  return changeBatch(changes, { position: String(number + 1) });
};

/** The items in transactions of 1,000, then the marker; then nothing until the signal. */
async function* generate(count: number, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
  let number = 0;
  for (let first = 1; first <= count; first += rowsPerTransaction) {
    const rows = Array.from({ length: Math.min(rowsPerTransaction, count - first + 1) }, (_, i) => itemRow(first + i));
    yield transactionOf(number++, items, rows);
  }
  yield transactionOf(number, marker, [{ id: 1 }]);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A source whose changes are made in this process while they are asked for. */
export const generatedSource = (count: number): Source => ({
  name: 'generated',
  defaultSchema: 'public',
  capabilities: { copy: 'none', formats: [] },
  validate: async () => ({ items: [] }),
  describe: async () => [items, marker],
  open: async () => ({ kind: 'generated', id: String(count) }),
  begin: async ({ claim }) => {
    await claim();
    return '0';
  },
  changes: async (_after, signal) => generate(count, signal),
  head: async () => ({ position: '0', time: Date.now() }),
  compare: (a, b) => Math.sign(Number(a) - Number(b)) as -1 | 0 | 1,
  close: async () => {},
});
