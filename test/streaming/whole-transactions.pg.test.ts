import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Change, createStream, memoryCheckpointStore, nullSink, type Sink, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { expect, onTestFinished, test } from 'vitest';
import { createDatabase, sharedPostgres, type TestDatabase, uniqueName, until } from '../harness/index.ts';

/** What a consumer sees of a change. */
const seen = ({ id, op, before, after, relation }: Change) => ({
  id,
  op,
  columns: relation.columns.map(({ name }) => name).join(),
  before,
  after,
});

type Seen = ReturnType<typeof seen>;

/** What came, by transaction, and in how many pieces each. */
interface Received {
  readonly changes: Seen[];
  readonly whole: string[];
}

const sinkOf = (received: Received, transactions: 'parts' | 'whole'): Sink => ({
  ...nullSink(),
  capabilities: { ...nullSink().capabilities, transactions },
  async write({ changes, position }) {
    if (transactions === 'whole' && position === null) throw new Error('A part came');
    for (const change of changes) received.changes.push(seen(change));
  },
  ...(transactions === 'whole' && {
    async writeTransaction(transaction, parts) {
      received.whole.push(transaction.id);
      for await (const { changes } of parts) for (const change of changes) received.changes.push(seen(change));
    },
  }),
});

class Money {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

interface World {
  readonly source: TestDatabase;
  readonly directory: string;
  readonly received: Received;
  stream(transactions: 'parts' | 'whole', maxBytes?: number): Stream;
}

const world = async (): Promise<World> => {
  const source = await createDatabase(sharedPostgres());
  const directory = await mkdtemp(join(tmpdir(), 'spill-'));
  onTestFinished(async () => {
    await source[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });
  await source.query(`CREATE TABLE t (id int PRIMARY KEY, price numeric, at timestamptz, data jsonb, bytes bytea, big text);
    ALTER TABLE t ALTER big SET STORAGE EXTERNAL; ALTER TABLE t REPLICA IDENTITY FULL;
    CREATE TABLE keyed (id bigint PRIMARY KEY, name text, big text); ALTER TABLE keyed ALTER big SET STORAGE EXTERNAL`);
  const received: Received = { changes: [], whole: [] };
  const stream = (transactions: 'parts' | 'whole', maxBytes = 1e9) =>
    createStream({
      id: transactions,
      source: postgresSource({
        connection: source.url,
        slot: uniqueName('slot'),
        publication: transactions,
        batch: { maxChanges: 500 },
        values: { numeric: { decode: (text) => new Money(text), encode: (value) => (value as Money).text } },
      }),
      sink: sinkOf(received, transactions),
      checkpoints: memoryCheckpointStore(),
      snapshot: 'never',
      batch: { maxRows: 500 },
      spill: { directory, maxBytes },
      transform: (change) =>
        change.table === 'public.keyed' && change.after !== null && change.op === 'insert'
          ? change.with({ after: { name: `${change.after.name}!` } })
          : change,
    });
  return { source, directory, received, stream };
};

const load = `BEGIN;
  INSERT INTO t SELECT g, g / 7.0, '2026-01-01'::timestamptz + g * interval '1 s', jsonb_build_object('g', g), int4send(g), repeat('x', 3000)
    FROM generate_series(1, 1500) g;
  INSERT INTO keyed SELECT g, 'name ' || g, repeat('y', 3000) FROM generate_series(1, 1500) g;
  UPDATE t SET price = -price WHERE id % 3 = 0; UPDATE keyed SET name = 'other' WHERE id % 3 = 0;
  UPDATE keyed SET id = -id WHERE id % 5 = 0; DELETE FROM t WHERE id % 2 = 0; TRUNCATE keyed; INSERT INTO keyed VALUES (1, NULL, NULL);
  COMMIT`;

test('a large transaction comes in one piece, with the changes that its parts have', { timeout: 60_000 }, async () => {
  const { source, directory, received, stream } = await world();
  const [parts, whole] = [stream('parts'), stream('whole')];
  await parts.start();
  await whole.start();
  await parts.pause();
  await whole.pause();
  await source.query(load);
  await source.query("INSERT INTO keyed VALUES (2, 'last', NULL)");
  const expected = await (async () => {
    await parts.resume();
    await until(() => received.changes.at(-1)?.after?.id === 2n, { describe: 'all', timeout: 30_000 });
    await parts.stop();
    return received.changes.splice(0);
  })();
  expect(expected.length).toBeGreaterThan(4_000);
  await whole.resume();
  await until(() => received.changes.at(-1)?.after?.id === 2n, { describe: 'all', timeout: 30_000 });
  await whole.stop();
  expect(received.whole).toHaveLength(1);
  expect(received.changes).toEqual(expected);
  expect(received.changes[0]?.after?.price).toBeInstanceOf(Money);
  // Nothing is left, nor would be after a crash.
  expect(await readdir(directory)).toEqual([]);
});

test('one that takes more than it may stops the stream before anything of it is written', {
  timeout: 60_000,
}, async () => {
  const { source, directory, received, stream } = await world();
  const small = stream('whole', 1_000_000);
  await small.start();
  await source.query(load);
  await expect(small.done).rejects.toMatchObject({ code: 'TRANSACTION_TOO_LARGE', details: { maxBytes: 1_000_000 } });
  expect(received.changes).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
});
