import assert from 'node:assert/strict';
import { qualifiedName, type Relation, type StructurePart } from '@millrace/core';
import type { ConformanceCase } from '../conformance-case.ts';
import { insert, update } from './log-cases.ts';
import { everyOperation } from './source-stream.ts';
import type { SourceSubject } from './source-subject.ts';

const { signal } = new AbortController();

/** What differs from row to row, by the names of its columns. */
const uniqueColumns = ({ unique = [] }: Relation): readonly string[] =>
  unique.map(({ terms }) => terms.map((term) => term.replace(/^"(.*)"$/, '$1')).join());

const uniqueParts = (parts: readonly StructurePart[]): readonly string[] =>
  parts.flatMap((part) => (part.kind === 'unique' ? [part.columns?.join() ?? ''] : []));

export const descriptionCases: readonly ConformanceCase<SourceSubject>[] = [
  {
    name: 'says how much log is kept for its stream, also while it is closed',
    promised: ['rule 37'],
    skip: ({ sample }) => (sample.retention === undefined ? 'no log is kept for it alone' : null),
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started({ acknowledges: false });
      const kept = async () => {
        const found = await stream.source.retention?.(stream.context(signal).streamId);
        assert.ok(found !== undefined);
        const { bytes, limit } = found;
        assert.ok(Number.isFinite(bytes) && bytes >= 0, `${bytes} bytes of log`);
        assert.ok(limit === null || limit > 0, `a limit of ${limit} bytes`);
      };
      await kept();
      await subject.write([[insert(1)]]);
      await stream.read(1);
      await kept();
      await stream.close();
      await kept();
    },
  },
  {
    name: 'tells rows that were written anew from those that have got a column',
    promised: ['rule 37'],
    skip: ({ sample, world }) => {
      if (sample.describeStorage === undefined) return 'it does not say how tables are stored';
      return world.addColumn === undefined ? 'the columns of its tables cannot change' : null;
    },
    bareOnly: true,
    async run(subject) {
      const { name, columns } = subject.world.table;
      const stream = await subject.started();
      const stored = async () => {
        const found = (await stream.source.describeStorage?.([name]))?.get(name);
        assert.ok(found !== undefined, 'a table of which nothing is said');
        return found;
      };
      const before = await stored();
      assert.deepEqual(Object.keys(before.columns).sort(), Object.values(columns).sort());
      await subject.write([[insert(1), insert(2)], [update(1, { note: 'set' })]]);
      assert.deepEqual(await stored(), before, 'rows that are written change how a table is stored');
      await subject.world.addColumn?.('added');
      const { heap, columns: after } = await stored();
      assert.equal(heap, before.heap, 'the rows were not written anew');
      const { added, ...others } = after;
      assert.equal(added?.fill, null);
      const ids = (all: typeof after) => Object.entries(all).map(([column, { id }]) => [column, id]);
      assert.deepEqual(ids(others), ids(before.columns), 'columns that are there keep what they are told by');
      assert.ok(Object.values(others).every(({ id }) => id !== added?.id));
    },
  },
  {
    name: 'says what the tables it is asked for have beside their columns, while it is closed',
    promised: ['rule 37'],
    skip: ({ sample }) => (sample.describeStructure === undefined ? 'it does not say what else tables have' : null),
    bareOnly: true,
    async run(subject) {
      const { table, workload } = subject.world;
      const relations = workload?.relations ?? [];
      const names = [table.name, ...relations.map(qualifiedName)];
      const stream = subject.stream({ tables: names.map((name) => ({ name, operations: everyOperation })) });
      const described = await stream.source.describeStructure?.(stream.context(signal), names);
      assert.ok(described !== undefined);
      assert.deepEqual(
        [...described.keys()].filter((name) => !names.includes(name)),
        [],
        'tables that nobody asked for',
      );
      for (const relation of relations) {
        const found = uniqueParts(described.get(qualifiedName(relation)) ?? []);
        const missing = uniqueColumns(relation).filter((columns) => !found.includes(columns));
        assert.deepEqual(missing, [], `what is not twice in ${qualifiedName(relation)}`);
      }
    },
  },
];
