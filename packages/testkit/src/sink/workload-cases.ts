import { type Change, type ChangeBatch, changeBatch, qualifiedName } from '@millrace/core';
import fc from 'fast-check';
import { items } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { everyRandom } from '../random-runs.ts';
import { changeBatches, type Workload, type WorkloadTransaction, workloadKinds, workloads } from '../workload/index.ts';
import { rowTexts } from '../workload/row-texts.ts';
import type { SinkSubject } from './sink-subject.ts';

/** What the target has when it is durable. */
interface Group {
  readonly batches: readonly ChangeBatch[];
  readonly tables: WorkloadTransaction['tables'];
}

/** So many transactions together; 0: one transaction in parts. */
const sizes = fc.array(fc.nat(3), { minLength: 1, maxLength: 20 });

const joined = (batches: readonly ChangeBatch[]): readonly ChangeBatch[] => {
  const position = batches.at(-1)?.position;
  if (position == null) return [];
  return [
    changeBatch(
      batches.flatMap((batch) => [...batch.changes] as Change[]),
      { position },
    ),
  ];
};

const groupsOf = ({ transactions }: Workload, chosen: readonly number[]): readonly Group[] => {
  const groups: Group[] = [];
  for (let at = 0; at < transactions.length; ) {
    const size = chosen[groups.length % chosen.length] ?? 1;
    const those = transactions.slice(at, at + Math.max(1, size));
    const [first, last] = [those[0], those.at(-1)];
    if (first === undefined || last === undefined) break;
    const parts =
      size === 0 ? changeBatches(first, { maxChanges: 3 }) : joined(those.flatMap((one) => changeBatches(one)));
    groups.push({ batches: parts, tables: last.tables });
    at += those.length;
  }
  return groups;
};

const relationsOf = ({ world }: SinkSubject) => [items, ...(world.relations ?? [])];

/** Of columns that change there are cases of their own. */
const options = { kinds: workloadKinds.filter((kind) => kind !== 'schema-change'), transactions: 8 };

/** Of one table, whose rows meet more often, or of all. */
const workloadsOf = (subject: SinkSubject) =>
  fc.oneof(workloads([items], options), workloads(relationsOf(subject), options));

export const workloadCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'has the rows of random workloads after every group',
    promised: ['rule 10', 'rule 12', 'rule 13', 'invariant 2', 'invariant 4', 'invariant 5'],
    run: (sample, anew) =>
      everyRandom(fc.tuple(workloadsOf(sample), sizes), ([workload, chosen]) =>
        anew(async (subject) => {
          const stream = await subject.begun({ relations: relationsOf(subject) });
          for (const [at, { batches, tables }] of groupsOf(workload, chosen).entries()) {
            await stream.deliver(batches);
            for (const { relation, rows } of tables.values()) {
              const expected = rows.map((row) => Object.fromEntries(rowTexts(relation, row)));
              await subject.expectRows(expected, `rows of ${qualifiedName(relation)} after group ${at}`, relation);
            }
          }
        }),
      ),
  },
];
