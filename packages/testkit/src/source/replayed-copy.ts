import assert from 'node:assert/strict';
import {
  type Change,
  type Chunk,
  type Position,
  type RowImage,
  replayStep,
  type Source,
  type Transaction,
} from '@millrace/core';
import { rowOf } from './origin-changes.ts';
import type { SourceWorld } from './source-world.ts';

const { signal } = new AbortController();

/** A target to which a table is copied and its log replayed, as docs/convergence.md says. */
export class ReplayedCopy {
  readonly #source: Source;
  readonly #table: SourceWorld['table'];
  readonly rows = new Map<number, Readonly<Record<string, unknown>>>();
  /** Everything that was seen lies before it. */
  through: Position;

  constructor(source: Source, table: SourceWorld['table'], start: Position) {
    this.#source = source;
    this.#table = table;
    this.through = start;
  }

  write(chunk: Chunk): void {
    for (const image of chunk.rows) this.#set(image);
    this.#saw(chunk.through);
  }

  async replay(change: Change): Promise<void> {
    const step = replayStep(change, {});
    if (step.kind === 'delete-all') return this.rows.clear();
    if (step.kind === 'delete') {
      this.rows.delete(this.#keyOf(step.row));
      return;
    }
    if (step.former !== null) this.rows.delete(this.#keyOf(step.former));
    const found = this.rows.get(this.#keyOf(step.row));
    if (step.kind === 'upsert') this.#set(step.row);
    else if (step.kind === 'set' && found !== undefined)
      this.rows.set(this.#keyOf(step.row), { ...found, ...rowOf(step.row, this.#table) });
    else await this.#readAgain(step.row, change.transaction);
  }

  async #readAgain(key: RowImage, transaction: Transaction | null): Promise<void> {
    const transactions = transaction === null ? [] : [transaction];
    const found = await this.#source.reselect?.({ table: this.#table.name, keys: [key], transactions }, signal);
    assert.ok(found !== undefined);
    for (const image of found.rows) this.#set(image);
    this.#saw(found.through);
  }

  #set(image: RowImage): void {
    this.rows.set(this.#keyOf(image), rowOf(image, this.#table));
  }

  #saw(through: Position): void {
    if (this.#source.compare(this.through, through) < 0) this.through = through;
  }

  #keyOf(image: RowImage): number {
    return Number(rowOf(image, this.#table).id);
  }
}
