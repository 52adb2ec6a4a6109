import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.ts';
import { everyRandom } from '../random-runs.ts';
import { type Workload, type WorkloadTransaction, workloads } from '../workload/index.ts';
import { deliveredStates, distinctStates, stateOf } from './delivered-tables.ts';
import { insert } from './log-cases.ts';
import type { ReadChange } from './origin-changes.ts';
import { everyOperation, type SourceStream, type SourceStreamOptions } from './source-stream.ts';
import type { SourceSubject } from './source-subject.ts';
import { capturedNames, workTables } from './work-tables.ts';

const startedFor = (subject: SourceSubject, parts: Partial<SourceStreamOptions> = {}): Promise<SourceStream> => {
  const tables = [...capturedNames(subject.world)].map((name) => ({ name, operations: everyOperation }));
  return subject.started({ tables, ...parts });
};

/** Keys of workloads are smaller. */
const firstMarker = 1_000_000;
const isMarker = ({ world }: SourceSubject, { table, row }: ReadChange): boolean =>
  table === world.table.name && Number(row?.id) >= firstMarker;

/** Does transactions, and reads until the log has them. */
const transfer = async (
  subject: SourceSubject,
  stream: SourceStream,
  transactions: readonly WorkloadTransaction[],
  marker = firstMarker,
) => {
  const { write } = workTables(subject.world);
  for (const transaction of transactions) await write(transaction);
  await subject.world.write([insert(marker)]);
  await stream.readUntil(() => {
    const last = stream.changes.at(-1);
    return last !== undefined && isMarker(subject, last) && Number(last.row?.id) === marker;
  });
};

/** Each world may have its tables in a schema of its own. */
const ownName = (table: string): string => table.slice(table.lastIndexOf('.') + 1);

/** That the rows are those of the workload after each of its transactions. */
const sameStates = (subject: SourceSubject, changes: readonly ReadChange[], { transactions }: Workload) => {
  const tables = transactions.map((transaction) =>
    [...transaction.tables].map(([name, { rows }]) => [ownName(name), rows] as const),
  );
  const expected = distinctStates([{}, ...tables.map((each) => stateOf(new Map(each)))]);
  const found = deliveredStates(
    changes.flatMap((change) => (isMarker(subject, change) ? [] : { ...change, table: ownName(change.table) })),
  );
  for (const [at, state] of expected.entries()) assert.deepEqual(found[at], state, `rows after ${at} transactions`);
  assert.equal(found.length, expected.length, 'Transactions of the workload are torn');
};

const arbitrary = ({ world }: SourceSubject) => {
  const { relations, options } = workTables(world);
  return workloads(relations, options);
};

export const workloadCases: readonly ConformanceCase<SourceSubject>[] = [
  {
    name: 'delivers the rows of random workloads after every transaction',
    promised: ['rule 26', 'rule 34', 'invariant 4', 'invariant 5'],
    run: (sample, anew) =>
      everyRandom(arbitrary(sample), (workload) =>
        anew(async (subject) => {
          const stream = await startedFor(subject);
          await transfer(subject, stream, workload.transactions);
          sameStates(subject, stream.changes, workload);
        }),
      ),
  },
  {
    name: 'delivers the rows of random workloads over a restart from a checkpoint in their middle',
    promised: ['rule 26', 'rule 29', 'invariant 1', 'invariant 3'],
    bareOnly: true,
    run: (sample, anew) =>
      everyRandom(arbitrary(sample), (workload) =>
        anew(async (subject) => {
          const stream = await startedFor(subject, { acknowledges: false });
          const { transactions } = workload;
          const half = Math.ceil(transactions.length / 2);
          await transfer(subject, stream, transactions.slice(0, half));
          const changes = [...stream.changes];
          // More has been read than is durable.
          const middle = Math.max(0, Math.floor(stream.positions.length / 2) - 1);
          const { position, count } = stream.positions[middle] ?? {};
          assert.ok(position !== undefined);
          await stream.continue(position);
          await transfer(subject, stream, transactions.slice(half), firstMarker + 1);
          sameStates(subject, [...changes.slice(0, count), ...stream.changes], workload);
        }),
      ),
  },
];
