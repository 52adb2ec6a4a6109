import { type ModelRow, type ModelTable, textOf } from './model-rows.test-support.ts';
import { randomTransaction, type Write } from './model-transactions.test-support.ts';
import type { Random } from './random.test-support.ts';

export const modelTables = ['public.a', 'public.b'] as const;
/** Written once, after everything else. */
export const lastTable = 'public.last';

/** How many blocks the rows of a table lie in. */
export const blockCount = 8;

interface Logged {
  readonly writes: readonly Write[];
  /** How long readers do not see it yet. */
  hiddenFor: number;
}

export interface Tuple {
  readonly row: ModelRow;
  readonly block: number;
}

/**
 * A database: transactions are in its log before readers see them, in an order of its own, and hold their locks until
 * then; every new version of a row lies in a block of its own choice.
 */
export class ModelDatabase {
  readonly random: Random;
  /** Transaction n lies at position n and ends at n + 1. */
  readonly log: Logged[] = [];
  /** What readers see. */
  readonly #visible = new Map<string, Map<number, Tuple>>();
  readonly #files = new Map<string, number>();
  /** What the log says, transaction by transaction. */
  readonly #logged = new Map<string, ModelTable>();
  /** By position. */
  readonly #history: Map<string, string>[] = [];
  #left: number;
  readonly #pace: number;

  /** `pace`: how often something is committed while time passes. */
  constructor(random: Random, transactions: number, pace = 1) {
    this.random = random;
    this.#pace = pace;
    this.#left = transactions;
    for (const table of [...modelTables, lastTable]) {
      this.#visible.set(table, new Map());
      this.#logged.set(table, new Map());
    }
    this.#remember();
  }

  /** Nothing more will be written. */
  get isOver(): boolean {
    return this.#left === 0;
  }

  get end(): string {
    return String(this.log.length);
  }

  /** The rows of a table as of a position. */
  textAt(table: string, position: string): string {
    return this.#history[Number(position)]?.get(table) ?? '';
  }

  /** Changes when the table is rewritten. */
  fileOf(table: string): number {
    return this.#files.get(table) ?? 1;
  }

  tuplesOf(table: string): readonly Tuple[] {
    return [...(this.#visible.get(table)?.values() ?? [])];
  }

  isVisible(transaction: number): boolean {
    return this.log[transaction]?.hiddenFor === 0;
  }

  areVisibleBefore(position: number): boolean {
    return this.log.slice(0, position).every(({ hiddenFor }) => hiddenFor === 0);
  }

  /** Time passes: transactions commit and become visible. */
  pass(): void {
    for (const hidden of this.#hidden()) if (--hidden.hiddenFor === 0) this.#show(hidden);
    if (this.#pace < 1 && !this.random.chance(this.#pace)) return;
    for (let count = this.random.below(4); count > 1 && this.#left > 0; count--) this.#commitOne();
  }

  /** Writes the last transaction of all, once. */
  finish(): boolean {
    if (this.#logged.get(lastTable)?.size === 1) return false;
    this.#commit([{ table: lastTable, kind: 'insert', row: { id: 1, label: null, count: 0, text: 0 }, block: 0 }], 0);
    return true;
  }

  #hidden(): readonly Logged[] {
    return this.log.filter(({ hiddenFor }) => hiddenFor > 0);
  }

  #commitOne(): void {
    this.#left--;
    const tables = new Map(modelTables.map((table) => [table, this.tuplesOf(table).map(({ row }) => row)]));
    const locked = this.#hidden().flatMap((hidden) => hidden.writes);
    const writes = randomTransaction(this.random, tables, locked, blockCount);
    if (writes.length > 0) this.#commit(writes, this.random.chance(0.5) ? 0 : this.#delay());
  }

  /** Mostly short; some wait for another server. */
  #delay(): number {
    return 1 + this.random.below(this.random.chance(0.2) ? 100 : 4);
  }

  #commit(writes: readonly Write[], delay: number): void {
    // A truncation holds back every reader until it is visible.
    const hiddenFor = writes.some(({ kind }) => kind === 'truncate') ? 0 : delay;
    const logged: Logged = { writes, hiddenFor };
    this.log.push(logged);
    for (const write of writes) applyWrite(this.#logged.get(write.table), write, (row) => row);
    this.#remember();
    if (hiddenFor === 0) this.#show(logged);
  }

  #show(logged: Logged): void {
    for (const write of logged.writes) {
      applyWrite(this.#visible.get(write.table), write, (row, block) => ({ row, block }));
      if (write.kind === 'truncate') this.#files.set(write.table, this.fileOf(write.table) + 1);
    }
  }

  #remember(): void {
    this.#history.push(new Map([...this.#logged].map(([table, rows]) => [table, textOf(rows)])));
  }
}

const applyWrite = <T>(
  table: Map<number, T> | undefined,
  write: Write,
  stored: (row: ModelRow, block: number) => T,
): void => {
  if (write.kind === 'truncate') table?.clear();
  if (write.kind === 'delete' || write.kind === 'update') table?.delete(write.id);
  if (write.kind === 'insert' || write.kind === 'update') table?.set(write.row.id, stored(write.row, write.block));
};
