import {
  type Change,
  type Chunk,
  createChange,
  type IndexedChanges,
  noValue,
  qualifiedName,
  type Relation,
  type RowImage,
  type SinkBatch,
  type SinkContext,
  type ValuePlaces,
  valuePlaces,
} from '@millrace/core';
import { ListedChanges } from '../../apply/row-reader.ts';
import { type WriteModeOptions, writtenForm } from './write-mode-options.ts';
import { type WrittenChange, WrittenChanges } from './written-changes.ts';
import { type WrittenRelation, writtenRelation } from './written-relation.ts';
import { appendedRow, changelogRow, deletedRow, formerRow, liveRow } from './written-row.ts';

/** The changes of one batch while they are turned into those that are written. */
interface Writing {
  readonly source: IndexedChanges;
  readonly places: ValuePlaces;
}

const insertOf = ({ table, transaction, sequence }: Change, relation: Relation, after: RowImage): Change =>
  createChange({ op: 'insert', table, relation, transaction, sequence, before: null, after });

const appended = (change: Change, relation: Relation): Change =>
  insertOf(change, relation, appendedRow(change, relation));

/** Turns what comes from the source into what is written. What is written as it came passes through untouched. */
export class WriteModes {
  readonly #options: WriteModeOptions;
  readonly #relations = new WeakMap<Relation, WrittenRelation>();

  constructor(options: WriteModeOptions) {
    this.#options = options;
  }

  /** As `Sink.copies`: without a key nothing recognises a row that is written again. */
  copies(table: string): 'convergent' | 'exact' | 'once' {
    const form = writtenForm(this.#options, table);
    if (form === 'append') return 'once';
    return form === 'changelog' ? 'exact' : 'convergent';
  }

  /** The relation whose rows are written for those of this one: the same object for the same. */
  relation(relation: Relation): WrittenRelation {
    const known = this.#relations.get(relation);
    if (known !== undefined) return known;
    const form = writtenForm(this.#options, qualifiedName(relation));
    const written = form === null ? relation : writtenRelation(relation, form);
    this.#relations.set(relation, written);
    this.#relations.set(written, written);
    return written;
  }

  /** A source's `reselect`, with rows as they are written. */
  reselect(reselect: SinkContext['reselect']): NonNullable<SinkContext['reselect']> | null {
    if (reselect === undefined) return null;
    return async (request, signal) => {
      const { rows, through } = await reselect(request, signal);
      return { rows: rows.map((row) => this.#row(row)), through };
    };
  }

  #row(row: RowImage): RowImage {
    const relation = this.relation(row.relation);
    return relation.form === 'soft-delete' ? liveRow(row, relation) : row;
  }

  chunk(chunk: Chunk): Chunk {
    const relation = this.relation(chunk.relation);
    if (relation === chunk.relation) return chunk;
    const row = (each: RowImage) => this.#row(each);
    const rows = {
      *[Symbol.iterator]() {
        for (const each of chunk.rows) yield row(each);
      },
    };
    return { ...chunk, relation, rows };
  }

  batch(batch: SinkBatch): SinkBatch {
    if (batch.relations.every((relation) => this.relation(relation) === relation)) return batch;
    const source = batch.changes.indexed ?? new ListedChanges([...batch.changes]);
    const writing = { source, places: valuePlaces() };
    const written: WrittenChange[] = [];
    for (let number = 0; number < source.length; number++) {
      const change = this.#written(number, writing);
      if (change !== null) written.push(change);
    }
    const relations = [...new Set(written.map(({ relation }) => relation))];
    const changes = new WrittenChanges(source, inOneForm(written, source));
    const outdated = new Set([...(batch.outdated ?? [])].map((relation) => this.relation(relation)));
    return { ...batch, relations, changes, outdated };
  }

  /** `null`: nothing is written for it. */
  #written(number: number, writing: Writing): WrittenChange | null {
    const { source } = writing;
    const relation = this.relation(source.relation(number));
    const op = source.operation(number);
    switch (relation.form) {
      case 'append':
        if (op === 'delete' || op === 'truncate') return null;
        if (saysAll(number, relation, writing)) return { number, relation, op: 'insert' };
        return appended(source.at(number), relation);
      case 'changelog':
        return logged(source.at(number), relation);
      case 'soft-delete':
        return marked(source.at(number), relation);
      default:
        return { number, relation, op };
    }
  }
}

/** Whether the row after a change can be read where it lies, with all of its columns. */
const saysAll = (number: number, { columns }: Relation, { source, places }: Writing): boolean =>
  source.place(number, 'after', places) &&
  columns.every((_, column) => (places.starts[column] ?? noValue.absent) >= noValue.null);

/** Rows of one table are read where they lie, all of them or none: one COPY takes one form. */
const inOneForm = (changes: readonly WrittenChange[], source: IndexedChanges): readonly WrittenChange[] => {
  const made = new Set(changes.flatMap((change) => ('number' in change ? [] : [change.relation])));
  return changes.map((change) =>
    'number' in change && made.has(change.relation) ? appended(source.at(change.number), change.relation) : change,
  );
};

const logged = (change: Change, relation: Relation): Change => {
  const { transaction } = change;
  if (transaction === null) throw new Error(`A row of ${change.table} says no place in the log`);
  return insertOf(change, relation, changelogRow(change, transaction, relation));
};

/** A delete as an update that says when. */
const marked = (change: Change, relation: Relation): Change => {
  const { op, table, transaction, sequence, image } = change;
  const parts = { table, relation, transaction, sequence };
  const { before, after } = image;
  if (op === 'truncate') return createChange({ ...parts, op, before: null, after: null });
  if (op === 'delete') {
    if (before === null || relation.key === null) throw new Error(`A delete of ${table} does not say a key`);
    const time = transaction?.commitTime ?? Date.now();
    return createChange({ ...parts, op: 'update', before: null, after: deletedRow(before, relation, time) });
  }
  if (after === null) throw new Error(`A change of ${table} came without a row`);
  const former = before === null ? null : formerRow(before, relation);
  return createChange({ ...parts, op, before: former, after: liveRow(after, relation) });
};
