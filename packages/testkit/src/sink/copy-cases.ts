import assert from 'node:assert/strict';
import {
  type Chunk,
  decodedRow,
  type RangeProgress,
  type Relation,
  type SinkContext,
  type TableProgress,
} from '@millrace/core';
import { items, type Values, type Written, wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { expectedRows } from './expected-rows.ts';
import { insert, itemsTable } from './row-cases.ts';
import { assertFenced, type SinkStream } from './sink-stream.ts';
import type { SinkSubject } from './sink-subject.ts';

const noChunks = ({ sample }: SinkSubject) =>
  sample.writeChunk === undefined ? 'it takes the rows of copies as changes' : null;
const { signal } = new AbortController();

const lower = { from: null, to: 'five' };
const upper = { from: 'five', to: null };
const range = (parts: Partial<RangeProgress>): RangeProgress => ({
  table: itemsTable,
  range: lower,
  cursor: null,
  done: false,
  rows: 0,
  ...parts,
});
const copying: TableProgress = {
  state: 'copying',
  from: '1',
  ranges: [range({}), range({ range: upper })],
  through: null,
};

const chunkOf = (rows: readonly Values[], progress: Partial<RangeProgress>, relation: Relation = items): Chunk => ({
  relation,
  progress: range({ rows: rows.length, ...progress }),
  length: rows.length,
  bytes: 100 * rows.length,
  rows: rows.map((row) => decodedRow(relation, { ...row })),
  encoded: null,
  through: '9',
});
const row = (id: number, note = 'copied'): Values => ({ id, note, amount: 1n });
const copied = (rows: readonly Values[]) => expectedRows([rows.map((after): Written => ({ op: 'read', after }))]);

const writeChunk = (stream: SinkStream, chunk: Chunk) =>
  stream.again(async (sink, aborted) => sink.writeChunk?.(chunk, aborted));

const begunCopy = async (subject: SinkSubject) => {
  const stream = await subject.begun();
  await stream.save({ position: '1', tables: { [itemsTable]: copying } });
  return stream;
};

const rangesOf = (stream: SinkStream) => stream.checkpoint.tables[itemsTable]?.ranges;

export const copyCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'keeps the rows of chunks, and how far their ranges are',
    promised: ['rule 16', 'invariant 2'],
    skip: noChunks,
    async run(subject) {
      const stream = await begunCopy(subject);
      await writeChunk(stream, chunkOf([row(1), row(2, 'early')], { cursor: 'two', rows: 2 }));
      await subject.expectRows(copied([row(1), row(2, 'early')]), 'rows of a chunk');
      await stream.reconnect();
      const first = range({ cursor: 'two', rows: 2 });
      assert.deepEqual(rangesOf(stream), [first, range({ range: upper })]);
      // The later of two readings of a row is the newer one.
      await writeChunk(stream, chunkOf([row(2, 'late'), row(3)], { done: true, rows: 4 }));
      await writeChunk(stream, chunkOf([], { range: upper, done: true, rows: 0 }));
      await subject.expectRows(copied([row(1), row(2, 'late'), row(3)]), 'rows of all chunks');
      await stream.restart();
      assert.deepEqual(rangesOf(stream), [
        range({ done: true, rows: 4 }),
        range({ range: upper, done: true, rows: 0 }),
      ]);
    },
  },
  {
    name: 'takes several chunks at once',
    promised: ['rule 16'],
    skip: (subject) =>
      noChunks(subject) ?? (subject.sample.capabilities.parallelChunks > 1 ? null : 'it takes one chunk at a time'),
    bareOnly: true,
    async run(subject) {
      const stream = await begunCopy(subject);
      const { parallelChunks } = stream.sink.capabilities;
      const ids = Array.from({ length: parallelChunks * 2 }, (_, n) => n);
      const ranges = ids.map((n) => ({ from: `${n}`, to: `${n + 1}` }));
      const tables = { [itemsTable]: { ...copying, ranges: ranges.map((one) => range({ range: one })) } };
      await stream.save({ tables });
      for (const start of [0, parallelChunks])
        await Promise.all(
          ids.slice(start, start + parallelChunks).map((n) => {
            const rows = Array.from({ length: 20 }, (_, at) => row(n * 100 + at));
            const chunk = chunkOf(rows, { range: { from: `${n}`, to: `${n + 1}` }, done: true });
            return stream.sink.writeChunk?.(chunk, signal);
          }),
        );
      const rows = ids.flatMap((n) => Array.from({ length: 20 }, (_, at) => row(n * 100 + at)));
      await subject.expectRows(copied(rows), 'rows of chunks that were written at once');
      await stream.reconnect();
      assert.ok(rangesOf(stream)?.every(({ done }) => done));
      assert.equal(rangesOf(stream)?.length, ids.length);
    },
  },
  {
    name: 'writes no chunk under an old epoch',
    promised: ['rule 16', 'invariant 8'],
    skip: noChunks,
    bareOnly: true,
    async run(subject) {
      const zombie = await begunCopy(subject);
      const own = await subject.begun();
      await assertFenced(zombie, () => zombie.sink.writeChunk?.(chunkOf([row(1)], { done: true }), signal));
      await subject.expectRows([], 'rows of a chunk under an old epoch');
      await own.reconnect();
      assert.deepEqual(rangesOf(own), copying.ranges);
      await own.sink.writeChunk?.(chunkOf([row(2)], { done: true }), signal);
      await subject.expectRows(copied([row(2)]), 'rows of a chunk');
    },
  },
  {
    name: 'discards a copy with its progress',
    promised: ['rule 16'],
    skip: (subject) =>
      noChunks(subject) ?? (subject.sample.discardCopy === undefined ? 'it cannot discard copies' : null),
    async run(subject) {
      const stream = await begunCopy(subject);
      await writeChunk(stream, chunkOf([row(1), row(2)], { cursor: 'two' }));
      await stream.again(async (sink, aborted) => sink.discardCopy?.(items, aborted));
      await subject.expectRows([], 'rows of a copy that was discarded');
      await stream.reconnect();
      const begun = rangesOf(stream)?.filter(({ cursor, done, rows }) => cursor !== null || done || rows > 0);
      assert.deepEqual(begun ?? [], [], 'the progress of a copy that was discarded');
      await stream.save({ tables: { [itemsTable]: copying } });
      await writeChunk(stream, chunkOf([row(3)], { done: true }));
      await subject.expectRows(copied([row(3)]), 'rows of the next copy');
    },
  },
  {
    name: 'replays changes over rows that are ahead of them, and reads again what it misses',
    promised: ['rule 17'],
    skip: noChunks,
    async run(subject) {
      const asked: string[] = [];
      const source = new Map(['5', '7'].map((id) => [id, row(Number(id), 'read again')]));
      // As the table was before it had its last column.
      const older = { ...items, columns: items.columns.slice(0, -1) };
      const reselect: NonNullable<SinkContext['reselect']> = async ({ table, keys, transactions }) => {
        assert.equal(table, itemsTable);
        assert.ok(transactions.length > 0);
        const found = keys.map((key) => key.text(0) ?? '');
        asked.push(...found);
        const rows = found
          .map((id) => source.get(id))
          .filter((values) => values !== undefined)
          .map((values) => decodedRow(items, { ...values }));
        return { rows, through: '40' };
      };
      const stream = await subject.begun({ reselect });
      await stream.save({ position: '1', tables: { [itemsTable]: copying } });
      const ahead = [row(1, 'ahead'), row(2, 'ahead'), row(3, 'ahead'), row(8, 'another')];
      await writeChunk(stream, chunkOf(ahead, { done: true }));
      const tables = { [itemsTable]: { ...copying, state: 'catching-up' as const, ranges: [], through: '30' } };
      await stream.save({ tables });
      const changes: readonly Written[] = [
        insert(1, 'from the log', 7n),
        { op: 'update', after: { id: 2, amount: 2n } },
        { op: 'delete', before: { id: 9 } },
        { op: 'update', after: { id: 5, amount: 5n } },
        { op: 'update', after: { id: 6, amount: 6n } },
        { op: 'update', before: { id: 3 }, after: { id: 4, note: 'moved', amount: 4n } },
        { op: 'update', before: { id: 8 }, after: { id: 2, amount: 8n } },
        { relation: older, op: 'insert', after: { id: 7, note: 'older' } },
      ];
      const told = { catchingUp: new Set([itemsTable]), outdated: new Set([older]) };
      const batch = { ...wholeTransactions(5, [changes]), ...told };
      await stream.deliver([batch]);
      const replayed = [
        { ...row(1, 'from the log'), amount: 7n },
        { ...row(2, 'ahead'), amount: 8n },
        { ...row(4, 'moved'), amount: 4n },
        row(5, 'read again'),
        row(7, 'read again'),
      ];
      await subject.expectRows(copied(replayed), 'rows after a replay');
      assert.deepEqual([...new Set(asked)].sort(), ['5', '6', '7']);
      const found = await subject.sample.readCheckpoint?.('stream', signal);
      assert.equal(found?.tables[itemsTable]?.through, '40', 'how far the table has to catch up');
    },
  },
];
