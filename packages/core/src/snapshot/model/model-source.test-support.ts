import type { Range, RangeProgress } from '../../contracts/checkpoint.ts';
import type { Chunk, CopyRequest, Source } from '../../contracts/source.ts';
import { MillraceError } from '../../errors/millrace-error.ts';
import type { Change } from '../../model/change.ts';
import { type ChangeBatch, changeBatch } from '../../model/change-batch.ts';
import type { Transaction } from '../../model/position.ts';
import { createChange } from '../../model/row-change.ts';
import { capturedOperations } from '../../pipeline/table-selection.ts';
import { blockCount, lastTable, modelTables } from './model-database.test-support.ts';
import { imageOf, relationOf, rowOf } from './model-rows.test-support.ts';
import type { Write } from './model-transactions.test-support.ts';
import type { ModelProcess } from './model-world.test-support.ts';

/** A source of the model's database, for one process. */
export const modelSource = (process: ModelProcess): Source => {
  const { database, fault } = process;
  const { random } = database;
  return {
    name: 'model',
    capabilities: { copy: 'convergent', formats: [] },
    validate: async () => ({ items: [] }),
    describe: async ({ tables }) =>
      [...modelTables, lastTable].filter((table) => capturedOperations(tables, table) !== null).map(relationOf),
    side: () => modelSource(process),
    open: async () => ({ kind: 'model', id: 'model' }),
    async begin({ copies, claim }) {
      await claim();
      await process.step();
      const position = database.end;
      const isVisible = () => database.areVisibleBefore(Number(position));
      if (copies && fault !== 'begin not awaited') await process.until(isVisible);
      return position;
    },
    async planCopy(table, count) {
      await process.step();
      return {
        ranges: rangesOf(database.fileOf(table), 1 + random.below(Math.min(count, 3))),
        rows: null,
        bytes: null,
      };
    },
    copy: (request) => copyRange(process, request),
    async reselect({ table, keys, transactions }) {
      if (fault !== 'visibility not awaited')
        await process.until(() => transactions.every(({ visibility }) => database.isVisible(Number(visibility))));
      await process.step();
      const wanted = new Set(keys.map((key) => rowOf(key).id));
      const rows = database.tuplesOf(table).filter(({ row }) => wanted.has(row.id));
      await process.step();
      const through = fault === 'through not raised' ? '0' : database.end;
      return { rows: rows.map(({ row }) => imageOf(table, row)), through };
    },
    changes: async (after, signal) => changesAfter(process, Number(after), signal),
    head: async () => ({ position: database.end, time: 0 }),
    compare: (a, b) => (Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0),
    distance: (a, b) => Number(b) - Number(a),
    async close() {},
  };
};

/** `file:block` */
const cursor = (file: number, block: number): string => `${file}:${block}`;

const rangesOf = (file: number, count: number): readonly Range[] =>
  Array.from({ length: count }, (_, index) => ({
    from: cursor(file, Math.floor((index * blockCount) / count)),
    // The table may have grown since.
    to: index === count - 1 ? null : cursor(file, Math.floor(((index + 1) * blockCount) / count)),
  }));

async function* copyRange(process: ModelProcess, { table, progress }: CopyRequest): AsyncGenerator<Chunk> {
  const { database, fault } = process;
  const [file = 0, first = 0] = (progress.cursor ?? progress.range.from ?? '').split(':').map(Number);
  const end = progress.range.to === null ? blockCount : Number(progress.range.to.split(':')[1]);
  let { rows } = progress;
  for (let from = first; ; ) {
    await process.step();
    if (database.fileOf(table) !== file)
      throw new MillraceError({ code: 'COPY_OUTDATED', recovery: 'retry', message: `${table} was rewritten` });
    const to = Math.min(end, from + 1 + database.random.below(3));
    const found = database.tuplesOf(table).filter(({ block }) => block >= from && block < to);
    await process.step();
    const images = found.map(({ row }) => imageOf(table, row));
    const done = to >= end;
    rows += images.length;
    const next: RangeProgress = { table, range: progress.range, cursor: cursor(file, to), done, rows };
    const through = fault === 'handover too early' ? '0' : database.end;
    yield {
      relation: relationOf(table),
      progress: next,
      length: images.length,
      bytes: 1,
      rows: images,
      encoded: null,
      through,
    };
    if (done) return;
    from = to;
  }
}

async function* changesAfter(process: ModelProcess, after: number, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
  const { database } = process;
  const { random } = database;
  for (let next = after; ; ) {
    while (next >= database.log.length) {
      if (signal.aborted) return;
      await process.step();
      if (next < database.log.length || !database.isOver || database.finish()) continue;
      process.onEnd();
      process.idle();
      if (random.chance(0.2)) yield changeBatch([], { position: String(next) });
    }
    const changes = changesOf(next, database.log[next]?.writes ?? []);
    const [change] = changes;
    const transaction = change?.transaction ?? null;
    // Some transactions come in parts.
    if (transaction !== null && changes.length > 1 && random.chance(0.2)) {
      const at = 1 + random.below(changes.length - 1);
      yield changeBatch(changes.slice(0, at), { position: null, transaction });
      yield changeBatch(changes.slice(at), { position: String(next + 1) });
    } else yield changeBatch(changes, { position: String(next + 1) });
    next++;
    await process.step();
  }
}

const changesOf = (index: number, writes: readonly Write[]): readonly Change[] => {
  const id = String(index);
  const transaction: Transaction = { id, commitTime: 0, position: id, visibility: id };
  return writes.map((write, sequence) => {
    const { table } = write;
    const relation = relationOf(table);
    return createChange({ op: write.kind, table, relation, transaction, sequence, ...imagesOf(write) });
  });
};

/** As a log has them: the key alone of a row that was, and no text that was left alone. */
const imagesOf = (write: Write) => {
  const { table } = write;
  if (write.kind === 'truncate') return { before: null, after: null };
  if (write.kind === 'delete') return { before: imageOf(table, { id: write.id }), after: null };
  if (write.kind === 'insert') return { before: null, after: imageOf(table, write.row) };
  const { text, ...rest } = write.row;
  return {
    before: write.id === write.row.id ? null : imageOf(table, { id: write.id }),
    after: imageOf(table, text === write.before.text ? rest : write.row),
  };
};
