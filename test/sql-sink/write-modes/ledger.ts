import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSinkWith } from '../../../packages/sql-sink/src/postgres/postgres-sink.ts';
import type { TestDatabase } from '../../harness/index.ts';

export interface LedgerOptions {
  readonly source: string;
  readonly target: string;
  readonly slot: string;
  readonly snapshot?: 'initial' | 'always';
  readonly maxBytesPerSecond?: number;
}

/** Tables of which every change is told apart by its version, one for each way of writing them. */
export const createLedger = (database: TestDatabase, rows = 400) =>
  database.query(`
    CREATE TABLE logged (id int PRIMARY KEY, version int NOT NULL, note text);
    CREATE TABLE appended (LIKE logged INCLUDING ALL);
    CREATE TABLE marked (LIKE logged INCLUDING ALL);
    CREATE TABLE plain (LIKE logged INCLUDING ALL);
    ALTER TABLE logged REPLICA IDENTITY FULL;
    ALTER TABLE appended REPLICA IDENTITY FULL;
    INSERT INTO logged SELECT n, 0, repeat('n', 100) FROM generate_series(1, ${rows}) n;
    INSERT INTO appended SELECT * FROM logged; INSERT INTO marked SELECT * FROM logged; INSERT INTO plain SELECT * FROM logged`);

/** Limits so small that transactions span batches, the queue and groups. */
export const ledgerStream = ({
  source,
  target,
  slot,
  snapshot = 'initial',
  maxBytesPerSecond = 0,
}: LedgerOptions): Stream =>
  createStream({
    id: 'ledger',
    source: postgresSource({
      connection: source,
      slot,
      publication: 'ledger',
      batch: { maxChanges: 7, maxBytes: 2_000 },
    }),
    sink: postgresSinkWith(
      {
        connection: target,
        tables: {
          'public.logged': { writeMode: 'changelog' },
          'public.appended': { writeMode: 'append' },
          'public.marked': { deletes: 'soft' },
        },
      },
      { sharedRows: 2, stagedRows: 2 },
    ),
    snapshot,
    copy: { maxBytes: 8 * 1024, maxBytesPerSecond },
    queue: { maxChanges: 40, maxBytes: 20_000 },
    batch: { maxRows: 11, maxBytes: 100_000 },
  });

const upTo = (count: number): number => 1 + Math.floor(Math.random() * count);

/** Every table changes alike; ids come back after they were deleted, with a version behind all of theirs before. */
const transaction = (): string => {
  const width = Math.random() < 0.05 ? 120 : upTo(4);
  const first = upTo(400);
  const tables = ['logged', 'marked', 'plain'];
  const rewritten = `id BETWEEN ${first} AND ${first + width}`;
  const kinds = [
    (table: string) => `UPDATE ${table} SET version = version + 1 WHERE ${rewritten}`,
    (table: string) => `DELETE FROM ${table} WHERE ${rewritten}`,
    (table: string) =>
      `INSERT INTO ${table} SELECT n, txid_current() % 1000000000, 'new' FROM generate_series(${first}, ${first + width}) n ON CONFLICT DO NOTHING`,
    (table: string) =>
      `DELETE FROM ${table} WHERE id = ${first}; INSERT INTO ${table} VALUES (${first}, txid_current() % 1000000000, 'again')`,
  ];
  const kind = kinds[upTo(kinds.length) - 1] ?? (() => '');
  // Its rows are never removed: what is missing is known then.
  const appended = `UPDATE appended SET version = version + 1 WHERE ${rewritten}`;
  return `BEGIN; LOCK TABLE logged IN SHARE ROW EXCLUSIVE MODE; ${tables.map(kind).join(';')}; ${appended}; COMMIT`;
};

export const startLedgerLoad = (database: TestDatabase) => {
  let isWorking = true;
  let done = 0;
  const running = (async () => {
    const client = await database.connect();
    for (; isWorking; done++) {
      await client.query(transaction());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await client.end();
  })();
  const stop = async () => {
    isWorking = false;
    await running;
  };
  return { stop, done: () => done, [Symbol.asyncDispose]: stop };
};

interface Row {
  readonly id: number;
  readonly version: number;
  readonly note: string | null;
}

interface LoggedRow extends Row {
  readonly _operation: string;
  readonly _position: string;
  readonly _sequence: string;
  readonly _before: Readonly<Record<string, string>> | null;
}

/**
 * What is wrong with the changelog: each change says what was there before, so that one that is missing, or there twice,
 * does not follow from those before it.
 */
export const brokenChanges = async (source: TestDatabase, target: TestDatabase): Promise<readonly string[]> => {
  const log = await target.query<LoggedRow>('SELECT * FROM logged ORDER BY _position::pg_lsn, _sequence');
  const broken: string[] = [];
  const rows = new Map<number, string>();
  const text = ({ id, version, note }: Row) => JSON.stringify([String(id), String(version), note]);
  for (const change of log) {
    const { id, _operation: operation, _before: before } = change;
    const known = rows.get(id);
    const expected = { read: undefined, insert: undefined, delete: text(change), update: undefined }[operation];
    const old = operation === 'update' ? JSON.stringify([before?.id, before?.version, before?.note]) : expected;
    if (known !== old)
      broken.push(`${operation} of ${id} at ${change._position}/${change._sequence}: ${old}, was ${known}`);
    if (operation === 'delete') rows.delete(id);
    else rows.set(id, text(change));
  }
  const last = (await source.query<Row>('SELECT * FROM logged')).map(text);
  const missing = last.filter((row) => !new Set(rows.values()).has(row));
  if (rows.size !== last.length || missing.length > 0) broken.push(`${missing.length} rows differ in the end`);
  return broken;
};

/** What is wrong with the rows that were appended: each has every version behind the one that was copied, once. */
export const brokenRows = async (source: TestDatabase, target: TestDatabase): Promise<readonly unknown[]> => {
  const sums = await target.query<{
    id: number;
    last: number;
  }>(`SELECT id, max(version) AS last FROM appended GROUP BY id
    HAVING count(*) = count(DISTINCT version) AND count(*) = max(version) - min(version) + 1 ORDER BY id`);
  const rows = await source.query<Row>('SELECT id, version AS last FROM appended ORDER BY id');
  return JSON.stringify(sums) === JSON.stringify(rows) ? [] : [sums.length, rows.length];
};

/** The rows that are there at the source, and that are not marked as deleted at the target. */
export const liveRows = async (database: TestDatabase, condition = 'true'): Promise<readonly unknown[]> =>
  database.query(`SELECT id, version, note FROM marked WHERE ${condition} ORDER BY id`);
