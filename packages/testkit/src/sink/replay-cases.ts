import assert from 'node:assert/strict';
import { decodedRow, type SinkContext } from '@millrace/core';
import { inParts, items, type Values, type Written, wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { begunCopy, chunkOf, copied, copying, row, writeChunk } from './copied-rows.ts';
import { expectedRows } from './expected-rows.ts';
import { insert, inserts, itemsTable } from './row-cases.ts';
import type { SinkStream } from './sink-stream.ts';
import type { SinkSubject } from './sink-subject.ts';

const { signal } = new AbortController();

/** A source that has these rows, and remembers which it was asked for. */
const sourceOf = (rows: readonly Values[]) => {
  const asked: string[] = [];
  const reselect: NonNullable<SinkContext['reselect']> = async ({ table, keys }) => {
    assert.equal(table, itemsTable);
    const ids = keys.map((key) => key.text(0) ?? '');
    asked.push(...ids);
    const found = rows.filter(({ id }) => ids.includes(String(id)));
    return { rows: found.map((values) => decodedRow(items, { ...values })), through: '40' };
  };
  return { asked, reselect };
};

/** As the table was before it had its last column. */
const older = { ...items, columns: items.columns.slice(0, -1) };

const ahead = [row(1, 'ahead'), row(2, 'ahead'), row(3, 'ahead'), row(8, 'another')];

/** Replays changes over rows that are there already. */
const replays = async (subject: SinkSubject, begin: (stream: SinkStream) => Promise<void>): Promise<void> => {
  const { asked, reselect } = sourceOf([row(5, 'read again'), row(7, 'read again')]);
  const stream = await begunCopy(subject, { reselect });
  await begin(stream);
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
  await stream.deliver([{ ...wholeTransactions(5, [changes]), ...told }]);
  const replayed = [
    { ...row(1, 'from the log'), amount: 7n },
    { ...row(2, 'ahead'), amount: 8n },
    { ...row(4, 'moved'), amount: 4n },
    row(5, 'read again'),
    row(7, 'read again'),
  ];
  await subject.expectRows(copied(replayed), 'rows after a replay');
  assert.deepEqual([...new Set(asked)].sort(), ['5', '6', '7']);
  if (!stream.keepsCheckpoints) return;
  const found = await subject.sample.readCheckpoint?.('stream', signal);
  assert.equal(found?.tables[itemsTable]?.through, '40', 'how far the table has to catch up');
};

const noRecheck = ({ sample }: SinkSubject) =>
  sample.recheck === undefined || sample.writeChunk === undefined ? 'it compares no rows with their source' : null;

export const replayCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'replays changes over rows that are ahead of them, and reads again what it misses',
    promised: ['rule 17'],
    skip: ({ sample }) => (sample.writeChunk === undefined ? 'it takes the rows of copies as changes' : null),
    run: (subject) => replays(subject, (stream) => writeChunk(stream, chunkOf(ahead, { done: true }))),
  },
  {
    name: 'replays changes over rows that came as changes, and reads again what it misses',
    promised: ['rule 17'],
    skip: ({ sample: { writeChunk: chunks, capabilities } }) => {
      if (chunks !== undefined) return 'it takes chunks';
      return capabilities.transactions === 'parts' ? 'what it writes to gets changes as they come' : null;
    },
    run: (subject) =>
      replays(subject, (stream) => {
        const reads = ahead.map((after): Written => ({ op: 'read', after }));
        return stream.deliver([{ ...wholeTransactions(1, [reads]), catchingUp: new Set([itemsTable]) }]);
      }),
  },
  {
    name: 'takes a table that is copied exactly as one transaction, in place of the rows that were there',
    promised: ['rule 16'],
    async run(subject) {
      const stream = await subject.begun();
      await stream.deliver([wholeTransactions(1, [inserts(1, 3)])]);
      const rows = Array.from({ length: 25 }, (_, n) => row(n + 2));
      const reads = rows.map((after): Written => ({ op: 'read', after }));
      await stream.deliver(inParts(2, [{ op: 'truncate' }, ...reads], 10));
      await subject.expectRows(copied(rows), 'rows of an exact copy');
      await stream.deliver([wholeTransactions(3, [[insert(1)]])]);
      await subject.expectRows(expectedRows([reads, [insert(1)]]), 'rows behind an exact copy');
    },
  },
  {
    name: 'compares the rows that are there with their source, and has what that has',
    promised: ['rule 19'],
    skip: noRecheck,
    async run(subject) {
      const { asked, reselect } = sourceOf([row(1), row(2, 'other'), row(4, 'other'), row(5, 'other')]);
      const stream = await begunCopy(subject, { reselect });
      const nothing = await stream.again(async (sink, aborted) => sink.recheck?.(items, null, aborted));
      assert.equal(nothing, null, 'nothing was read');
      await writeChunk(stream, chunkOf([row(1), row(2), row(3), row(4), row(6)], { done: true }));
      const some = await stream.again(async (sink, aborted) => sink.recheck?.(items, 'id < 4', aborted));
      assert.equal(some, '40');
      await subject.expectRows(copied([row(1), row(2, 'other'), row(4), row(6)]), 'rows of which some were compared');
      assert.deepEqual([...new Set(asked)].sort(), ['1', '2', '3']);
      const all = await stream.again(async (sink, aborted) => sink.recheck?.(items, null, aborted));
      assert.equal(all, '40');
      await subject.expectRows(copied([row(1), row(2, 'other'), row(4, 'other')]), 'rows that were compared');
    },
  },
];
