import type { Chunk, Source } from '../contracts/source.ts';
import { coreError } from '../errors/core-errors.ts';
import { overridden } from '../model/overridden.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { RowImage } from '../model/row-image.ts';
import { ProjectedRow, sentRow } from './projected-row.ts';
import { projectionProblems } from './projection-problems.ts';
import { type ProjectedTable, Projections } from './projections.ts';

/**
 * The source as the stream sees it: without the columns that are left out, with others masked, in everything it says of
 * its tables. `tables`: asked whenever something is read, because `update()` changes them.
 */
export const projectedSource = (source: Source, tables: () => readonly ProjectedTable[]): Source => {
  let known = new Projections(tables());
  const projections = () => {
    const now = tables();
    if (now !== known.tables) known = new Projections(now);
    return known;
  };
  return overridden(source, overridesOf(source, projections, tables));
};

const overridesOf = (
  source: Source,
  projections: () => Projections,
  tables: () => readonly ProjectedTable[],
): Partial<Source> => {
  const { describeStorage, copy, copyExactly, reselect, side } = source;
  return {
    async validate(context) {
      const report = await source.validate(context);
      if (projections().isEmpty) return report;
      const relations = await source.describe(context).catch(() => []);
      return { items: [...report.items, ...projectionProblems(projections(), relations)] };
    },
    async describe(context, state) {
      return (await source.describe(context, state)).map((relation) => projections().relation(relation));
    },
    async changes(after, signal, state) {
      const log = await source.changes(after, signal, state);
      const { failed } = log;
      if (projections().isEmpty) return log;
      const batches = async function* () {
        for await (const batch of log) yield projections().batch(batch);
      };
      return { [Symbol.asyncIterator]: batches, ...(failed === undefined ? {} : { failed }) };
    },
    ...(describeStorage && {
      async describeStorage(names: readonly string[]) {
        const stored = await describeStorage.call(source, names);
        return new Map([...stored].map(([table, storage]) => [table, projections().storage(table, storage)]));
      },
    }),
    ...(copy && { copy: (request, signal) => projectedChunks(copy.call(source, request, signal), projections()) }),
    ...(copyExactly && {
      copyExactly: (request, signal) => projectedChunks(copyExactly.call(source, request, signal), projections()),
    }),
    ...(reselect && {
      async reselect(request, signal) {
        const keys = request.keys.map((key) => sentKey(key, projections()));
        const { rows, through } = await reselect.call(source, { ...request, keys }, signal);
        return { rows: rows.map((row) => projectedRow(row, projections())), through };
      },
    }),
    ...(side && { side: (name) => projectedSource(side.call(source, name), tables) }),
  };
};

const projectedRow = (row: RowImage, projections: Projections): RowImage => {
  const projection = projections.of(row.relation);
  return projection === null ? row : new ProjectedRow(projection, row);
};

async function* projectedChunks(chunks: AsyncIterable<Chunk>, projections: Projections): AsyncGenerator<Chunk> {
  for await (const chunk of chunks) {
    const projection = projections.of(chunk.relation);
    if (projection === null) {
      yield chunk;
      continue;
    }
    const rows = {
      *[Symbol.iterator]() {
        for (const row of chunk.rows) yield new ProjectedRow(projection, row);
      },
    };
    const { progress, length, bytes, through } = chunk;
    yield { relation: projection.relation, progress, length, bytes, rows, encoded: null, through };
  }
}

/** The row that says a key as the source has it. */
const sentKey = (key: RowImage, projections: Projections): RowImage => {
  if (!projections.masksKey(key.relation)) return key;
  const row = sentRow(key);
  if (row === null) throw maskedKey(key.relation);
  return row;
};

const maskedKey = (relation: Relation) =>
  coreError(
    'BACKFILL_NOT_POSSIBLE',
    `Rows of ${qualifiedName(relation)} at the target cannot be found at the source: their key is masked`,
    { details: { table: qualifiedName(relation) } },
  );
