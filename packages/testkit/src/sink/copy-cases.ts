import assert from 'node:assert/strict';
import { items } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { begunCopy, chunkOf, copied, copying, range, row, upper, writeChunk } from './copied-rows.ts';
import { itemsTable } from './row-cases.ts';
import { assertFenced, type SinkStream } from './sink-stream.ts';
import type { SinkSubject } from './sink-subject.ts';

const noChunks = ({ sample }: SinkSubject) =>
  sample.writeChunk === undefined ? 'it takes the rows of copies as changes' : null;
const { signal } = new AbortController();

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
];
