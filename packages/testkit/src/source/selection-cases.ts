import assert from 'node:assert/strict';
import { type ChangeBatch, qualifiedName, type Relation, type SelectedTable } from '@millrace/core';
import type { ConformanceCase } from '../conformance-case.ts';
import { workloadOf } from '../workload/index.ts';
import { chunksOf, planned } from './copied-chunks.ts';
import { insert, inserts, remove, update } from './log-cases.ts';
import { originRows, rowOf, supports } from './origin-changes.ts';
import { everyOperation } from './source-stream.ts';
import type { SourceSubject } from './source-subject.ts';

const { signal } = new AbortController();

/** Of which the log says whole rows, and that has another key than its own. */
const keyedTwice = ({ world }: SourceSubject): { readonly relation: Relation; readonly column: string } | null => {
  for (const relation of world.workload?.relations ?? []) {
    const terms = (relation.unique ?? []).flatMap((index) => (index.terms.length === 1 ? index.terms : []));
    const column = relation.columns.find(({ name, nullable }) => nullable === false && terms.includes(name));
    if (relation.identity === 'full' && column !== undefined) return { relation, column: column.name };
  }
  return null;
};

const selected = ({ world }: SourceSubject, parts: Partial<SelectedTable> = {}): SelectedTable => ({
  name: world.table.name,
  operations: everyOperation,
  ...parts,
});

const cannotCopy = ({ sample }: SourceSubject) =>
  sample.capabilities.copy === 'none' ? 'it can only be read from its log' : null;
const filtersNoRows = ({ sample }: SourceSubject) =>
  sample.capabilities.rowFilters === true ? null : 'it filters no rows';

const keysOf = (rows: Iterable<readonly [number, unknown]>): readonly number[] =>
  [...rows].map(([id]) => id).sort((a, b) => a - b);

export const selectionCases: readonly ConformanceCase<SourceSubject>[] = [
  {
    name: 'delivers nothing of tables that it was not asked for',
    promised: ['rule 35'],
    skip: ({ world }) => (world.workload === undefined ? 'there is one table only' : null),
    bareOnly: true,
    async run(subject) {
      const { workload, table } = subject.world;
      const stream = await subject.started();
      assert.deepEqual(
        (await stream.source.describe(stream.context(signal))).map(qualifiedName),
        [table.name],
        'the tables that are described',
      );
      let id = 0;
      for (const transaction of workloadOf(workload?.relations ?? [], 1).transactions) {
        await workload?.write(transaction);
        await subject.write([[insert(++id)]]);
      }
      await stream.read(id);
      assert.deepEqual(
        stream.changes.map((change) => [change.table, change.row?.id]),
        inserts(1, id).map((_, at) => [table.name, String(at + 1)]),
      );
    },
  },
  {
    name: 'delivers the operations that it was asked for',
    promised: ['rule 35', 'rule 5'],
    skip: ({ world: { table } }) =>
      supports(table, 'update') && supports(table, 'delete') ? null : 'its log has inserts only',
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started({ tables: [selected(subject, { operations: ['insert', 'delete'] })] });
      await subject.write([
        [insert(1), update(1, { note: 'a' }), insert(2)],
        [update(2, { note: 'b' })],
        [remove(1)],
        [update(2, { note: 'c' }), insert(3)],
      ]);
      await stream.readUntil(() => stream.changes.at(-1)?.row?.id === '3');
      assert.deepEqual(
        // The stream leaves out others.
        stream.changes.filter(({ op }) => op !== 'update').map(({ op, row, former }) => [op, row?.id ?? former]),
        [
          ['insert', '1'],
          ['insert', '2'],
          ['delete', '1'],
          ['insert', '3'],
        ],
      );
    },
  },
  {
    name: 'delivers the rows for which a condition holds: one that comes to hold it is inserted, one that ceases to, deleted',
    promised: ['rule 35'],
    skip: filtersNoRows,
    bareOnly: true,
    async run(subject) {
      const { table } = subject.world;
      const where = `${table.columns.id} < 100`;
      const stream = await subject.started({ tables: [selected(subject, { where })] });
      await subject.write([
        [insert(1), insert(150), insert(2)],
        [update(1, { id: 200 })],
        [update(150, { id: 3, note: 'in', count: 3 })],
        [remove(200), update(2, { note: 'still in' })],
        [insert(300), insert(4)],
      ]);
      await stream.read(6);
      assert.deepEqual(
        stream.changes.map(({ op, row, former }) => [op, op === 'delete' ? former : row?.id]),
        [
          ['insert', '1'],
          ['insert', '2'],
          ['delete', '1'],
          ['insert', '3'],
          ['update', '2'],
          ['insert', '4'],
        ],
      );
    },
  },
  {
    name: 'copies the rows for which conditions hold',
    promised: ['rule 35', 'rule 31'],
    skip: (subject) => cannotCopy(subject) ?? filtersNoRows(subject),
    bareOnly: true,
    async run(subject) {
      const { name, columns } = subject.world.table;
      await subject.write([inserts(0, 200)]);
      const tables = [selected(subject, { where: `${columns.id} < 100` })];
      const stream = await subject.started({ tables }, true);
      const copied = async (where: string | undefined) => {
        const ranges = await planned(stream, name, 2);
        const chunks = await Promise.all(ranges.map((range) => chunksOf(stream, range, { where })));
        const rows = chunks.flat().flatMap((chunk) => [...chunk.rows]);
        return keysOf(rows.map((row) => [Number(rowOf(row, subject.world.table).id), row]));
      };
      assert.deepEqual(
        await copied(undefined),
        Array.from({ length: 100 }, (_, id) => id),
      );
      assert.deepEqual(await copied(`${columns.id} >= 98`), [98, 99]);
    },
  },
  {
    name: 'tells rows apart by the key that it was asked to',
    promised: ['rule 35'],
    skip: (subject) =>
      subject.sample.capabilities.keys !== true
        ? 'it tells rows apart by their own keys'
        : keyedTwice(subject) === null
          ? 'no table of its world has another key, and whole rows in its log'
          : null,
    bareOnly: true,
    async run(subject) {
      const { relation, column } = keyedTwice(subject) ?? {};
      assert.ok(relation !== undefined && column !== undefined);
      const table = selected(subject, { name: qualifiedName(relation), key: [column] });
      const stream = await subject.started({ tables: [table] });
      const [described] = await stream.source.describe(stream.context(signal));
      const names = (one: Relation | undefined) => one?.key?.map((at) => one.columns[at]?.name);
      assert.deepEqual(names(described), [column]);
      const workload = workloadOf([relation], 1, { kinds: ['insert', 'update'], rollbacks: false, transactions: 5 });
      for (const transaction of workload.transactions) await subject.world.workload?.write(transaction);
      const batches = await stream.iterate(signal);
      const { value }: IteratorResult<ChangeBatch, undefined> = await batches.next();
      for (const change of value?.changes ?? []) assert.deepEqual(names(change.relation), [column]);
      assert.ok((value?.changes.length ?? 0) > 0);
    },
  },
  {
    name: 'copies the rows of a query',
    promised: ['rule 35', 'rule 31'],
    skip: ({ sample }) => (sample.capabilities.queries === true ? null : 'it makes no tables from queries'),
    bareOnly: true,
    async run(subject) {
      const { name, columns } = subject.world.table;
      const written = await subject.write([inserts(0, 30)]);
      const asked = `${name.split('.')[0]}.asked`;
      const query = `SELECT ${columns.id}, ${columns.note} FROM ${name} WHERE ${columns.id} < 3`;
      const tables = [selected(subject), selected(subject, { name: asked, operations: [], query })];
      const stream = await subject.started({ tables }, true);
      const relations = await stream.source.describe(stream.context(signal));
      const described = relations.find((relation) => qualifiedName(relation) === asked);
      assert.deepEqual(
        described?.columns.map((column) => column.name),
        [columns.id, columns.note],
      );
      assert.equal(
        (await stream.source.planCopy?.(asked, 2, signal))?.ranges,
        null,
        'the rows of a query have no ranges',
      );
      const found: unknown[] = [];
      for await (const chunk of stream.source.copyExactly?.({ table: asked, maxBytes: 20_000 }, signal) ?? [])
        for (const row of chunk.rows) found.push(rowOf(row, subject.world.table));
      const rows = [...originRows(written, subject.world.table).values()].slice(0, 3);
      assert.deepEqual(
        found,
        rows.map(({ id, note }) => ({ id, note })),
      );
    },
  },
];
