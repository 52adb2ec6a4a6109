import assert from 'node:assert/strict';
import { type ChangeBatch, type Chunk, decodedRow, type RangeProgress, type Transaction } from '@millrace/core';
import type { ConformanceCase } from '../conformance-case.ts';
import { chunksOf, maxBytes, planned } from './copied-chunks.ts';
import { insert, inserts, remove, update } from './log-cases.ts';
import { originRows, rowOf } from './origin-changes.ts';
import { ReplayedCopy } from './replayed-copy.ts';
import type { SourceStream } from './source-stream.ts';
import type { SourceSubject } from './source-subject.ts';
import type { OriginChange } from './source-world.ts';

const cannotCopy = ({ sample }: SourceSubject) =>
  sample.capabilities.copy === 'none' ? 'it can only be read from its log' : null;
const { signal } = new AbortController();

const many = Array.from({ length: 600 }, (_, id) => insert(id, `note ${id}`.padEnd(60, '.')));
const rows: readonly (readonly OriginChange[])[] = [many, [update(5, { note: 'set' }), remove(6)]];

/** The rows of chunks by key, and what they say twice. */
const collect = (chunks: readonly Chunk[], table: SourceSubject['world']['table']) => {
  const found = new Map<number, Readonly<Record<string, unknown>>>();
  for (const chunk of chunks)
    for (const image of chunk.rows) {
      const row = rowOf(image, table);
      assert.ok(!found.has(Number(row.id)), `row ${row.id} was copied twice`);
      found.set(Number(row.id), row);
    }
  return found;
};

const sorted = (found: ReadonlyMap<number, unknown>) => [...found].sort(([a], [b]) => a - b);

/** Stored out of line, where there is such a thing: an update that does not set it leaves it out. */
const large = Array.from({ length: 4_000 }, (_, n) => Math.sin(n).toString(36)).join('');

/** Of the next changes in the log. Batches may end far behind them, where others write to the same server. */
const nextTransactions = async (stream: SourceStream, count: number) => {
  const batches = await stream.iterate(signal);
  const transactions = new Map<string, Transaction>();
  while (transactions.size < count) {
    const { value } = await batches.next();
    for (const { transaction } of value?.changes ?? [])
      if (transaction !== null) transactions.set(transaction.id, transaction);
  }
  return [...transactions.values()];
};

/** What happens between two chunks: rows are changed, moved, removed and made, copied ones and others. */
const meanwhile = (round: number): readonly (readonly OriginChange[])[] => [
  [update(400 - round, { count: 1_000 + round }), update(round, { note: `set in ${round}` })],
  [remove(100 + round), insert(1_000 + round), remove(300 - round)],
  [update(200 + round, { id: 3_000 + round }), insert(200 + round, 'another', round)],
];

export const copyCases: readonly ConformanceCase<SourceSubject>[] = [
  {
    name: 'copies a table in ranges that have each row once, and continues any of them where it was left',
    promised: ['rule 31'],
    skip: cannotCopy,
    bareOnly: true,
    async run(subject) {
      const { table } = subject.world;
      const expected = originRows(await subject.write(rows), table);
      const stream = await subject.started({}, true);
      const ranges = await planned(stream, table.name, 3);
      const chunks: Chunk[] = [];
      for (const range of ranges) {
        const begun = await chunksOf(stream, range, { most: 1 });
        const last = begun.at(-1)?.progress ?? range;
        const rest = last.done ? [] : await chunksOf(stream, last);
        const own = [...begun, ...rest];
        assert.equal(own.at(-1)?.progress.done, true, 'a range does not come to its end');
        assert.equal(
          own.at(-1)?.progress.rows,
          own.reduce((sum, { length }) => sum + length, 0),
        );
        chunks.push(...own);
      }
      assert.deepEqual(sorted(collect(chunks, table)), sorted(expected));
      assert.ok(chunks.length > ranges.length, 'chunks are not bounded');
    },
  },
  {
    name: 'brings copy and log together to the rows of the origin, which is written meanwhile',
    promised: ['rule 31', 'rule 28'],
    skip: cannotCopy,
    bareOnly: true,
    async run(subject) {
      const { table } = subject.world;
      const written = [...(await subject.write([inserts(0, 400), [insert(400, large, 1)], [insert(401)]]))];
      const stream = await subject.started({}, true);
      const target = new ReplayedCopy(stream.source, table, stream.position ?? '');
      const ranges = await planned(stream, table.name, 2);
      let round = 0;
      for (const range of ranges)
        for await (const chunk of stream.source.copy?.({ table: table.name, progress: range, maxBytes }, signal) ??
          []) {
          target.write(chunk);
          written.push(...(await subject.write(meanwhile(round++))));
        }
      // Rows that no chunk has seen, of which the log says a part.
      written.push(...(await subject.write([[update(400, { id: 2_000, count: 5 }), update(2_000, { count: 6 })]])));
      const count = written.flat().length - 402;
      for (const batches = await stream.iterate(signal); stream.changes.length < count; ) {
        const { value }: IteratorResult<ChangeBatch, undefined> = await batches.next();
        assert.ok(value !== undefined);
        for (const change of value.changes) await target.replay(change);
        stream.take(value);
      }
      assert.deepEqual(sorted(target.rows), sorted(originRows(written, table)));
    },
  },
  {
    name: 'says a position behind everything that a chunk has seen, also of a range that is done',
    promised: ['rule 31'],
    skip: cannotCopy,
    bareOnly: true,
    async run(subject) {
      const { table } = subject.world;
      const written = await subject.write(rows);
      const stream = await subject.started({}, true);
      // In the log behind the beginning, and in the copy.
      await subject.write([[insert(5_000)], [insert(5_001)]]);
      const ranges = await planned(stream, table.name, 1);
      const chunks = (await Promise.all(ranges.map((range) => chunksOf(stream, range)))).flat();
      const seen = collect(chunks, table);
      assert.ok(seen.has(5_001));
      assert.equal(seen.size, originRows(written, table).size + 2);
      const [empty, ...more] = await chunksOf(stream, {
        ...(chunks.at(-1)?.progress ?? ranges[0]),
        table: table.name,
      } as RangeProgress);
      assert.deepEqual([empty?.length, empty?.progress.done, more.length], [0, true, 0]);
      const last = (await nextTransactions(stream, 2)).at(-1)?.position ?? '';
      const through = [...chunks, empty].map((chunk) => chunk?.through ?? '');
      assert.ok(
        through.some((position) => stream.source.compare(last, position) < 0),
        `what was seen ends behind ${last}, not at ${through.join()}`,
      );
      assert.ok(stream.source.compare(last, empty?.through ?? '') < 0, 'the position of an empty chunk');
    },
  },
  {
    name: 'reads rows again that are there, and leaves out those that are gone',
    promised: ['rule 31'],
    skip: cannotCopy,
    bareOnly: true,
    async run(subject) {
      const { table } = subject.world;
      const written = await subject.write(rows);
      const stream = await subject.started({}, true);
      await subject.write([[update(7, { note: 'new' })], [update(8, { note: 'newer' })]]);
      const relation = await subject.relation(stream);
      const keys = [5, 6, 7, 8, 9_999].map((id) => decodedRow(relation, { [table.columns.id]: id }));
      const transactions = await nextTransactions(stream, 2);
      const found = await stream.source.reselect?.({ table: table.name, keys, transactions }, signal);
      const expected = originRows([...written, [update(7, { note: 'new' })], [update(8, { note: 'newer' })]], table);
      const wanted = [5, 7, 8].map((id) => [id, expected.get(id)]);
      const got = (found?.rows ?? []).map((image) => [Number(rowOf(image, table).id), rowOf(image, table)] as const);
      assert.deepEqual(sorted(new Map(got)), wanted);
      const newest = transactions.at(-1)?.position ?? '';
      assert.ok(stream.source.compare(found?.through ?? '', newest) > 0, 'the position of what was read again');
    },
  },
  {
    name: 'copies a table exactly, as it is at one position',
    promised: ['rule 31'],
    skip: ({ sample }) => (sample.capabilities.copy === 'exact' ? null : 'it copies no table exactly'),
    bareOnly: true,
    async run(subject) {
      const { table } = subject.world;
      const written = await subject.write(rows);
      const stream = await subject.started({}, true);
      const chunks: Chunk[] = [];
      for await (const chunk of stream.source.copyExactly?.({ table: table.name, maxBytes }, signal) ?? []) {
        // Behind its position, and so none of its business.
        if (chunks.length === 0) await subject.write([[insert(6_000)]]);
        chunks.push(chunk);
      }
      assert.deepEqual(sorted(collect(chunks, table)), sorted(originRows(written, table)));
      assert.equal(new Set(chunks.map(({ through }) => through)).size, 1, 'the chunks are of several positions');
      assert.deepEqual(
        chunks.map(({ progress }) => progress.done),
        chunks.map((_, n) => n === chunks.length - 1),
      );
      assert.equal(chunks.at(-1)?.progress.rows, originRows(written, table).size);
      assert.ok(chunks.length > 1, 'chunks are not bounded');
    },
  },
];
