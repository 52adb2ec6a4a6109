import type { Source } from '../contracts/source.ts';
import { MillraceError } from '../errors/millrace-error.ts';
import { Signal } from '../hub/signal.ts';
import type { Change, Operation } from '../model/change.ts';
import { type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import { decodedRow } from '../model/decoded-row.ts';
import type { Transaction } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';

const column = (name: string) => ({ name, type: 'int', native: 'integer', nullable: true, generated: false }) as const;

export const relationOf = (table: string): Relation => ({
  schema: 'public',
  table,
  version: 1,
  columns: [column('id'), column('value')],
  key: [0],
  identity: 'key',
});

export interface Entry {
  readonly table: string;
  readonly op?: Operation;
  readonly id: number;
  readonly value?: number;
}

/** A log in memory: transaction n has the id `n`, starts at position n and ends at n + 1. */
export class MemoryLog {
  readonly acknowledged: string[] = [];
  readonly calls: string[] = [];
  /** Thrown by the next call of that name. */
  readonly failures = new Map<string, MillraceError>();
  /** The most changes of one batch; a longer transaction comes in parts. */
  maxChanges = Number.POSITIVE_INFINITY;
  identity = 'memory';
  tables = ['users', 'orders'];
  readonly #transactions: (readonly Entry[])[] = [];
  readonly #appended = new Signal();

  append(...entries: readonly Entry[]): void {
    this.#transactions.push(entries);
    this.#appended.notify();
  }

  readonly source = (): Source => ({
    name: 'memory',
    defaultSchema: 'public',
    capabilities: { copy: 'none', formats: [] },
    validate: async () => {
      this.#call('validate');
      return { items: [] };
    },
    describe: async () => this.tables.map(relationOf),
    open: async () => {
      this.#call('open');
      return { kind: 'memory', id: this.identity };
    },
    begin: async ({ claimed, claim }) => {
      this.calls.push(`claimed ${claimed}`);
      await claim();
      this.#call('begin');
      return String(this.#transactions.length);
    },
    changes: async (after, signal) => this.#changes(Number(after), signal),
    acknowledge: (position) => this.acknowledged.push(position),
    head: async () => ({ position: String(this.#transactions.length), time: Date.now() }),
    compare: (a, b) => (Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0),
    distance: (a, b) => Number(b) - Number(a),
    release: async ({ claimed }) => this.#call(`release ${claimed}`),
    close: async () => this.#call('close'),
  });

  async *#changes(after: number, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    this.#call('changes');
    for (let next = after; ; next++) {
      while (next >= this.#transactions.length) await this.#appended.wait(signal);
      signal.throwIfAborted();
      yield* this.#batches(next, this.#transactions[next] ?? []);
      this.#call('read');
    }
  }

  *#batches(index: number, entries: readonly Entry[]): Generator<ChangeBatch> {
    const transaction: Transaction = { id: String(index), commitTime: Date.now(), position: String(index) };
    const changes = entries.map((entry, sequence) => changeOf(entry, sequence, transaction));
    for (let at = 0; ; at += this.maxChanges) {
      const part = changes.slice(at, at + this.maxChanges);
      const isLast = at + this.maxChanges >= changes.length;
      yield changeBatch(part, isLast ? { position: String(index + 1) } : { position: null, transaction });
      if (isLast) return;
    }
  }

  #call(name: string): void {
    this.calls.push(name);
    const failure = this.failures.get(name);
    this.failures.delete(name);
    if (failure !== undefined) throw failure;
  }
}

const changeOf = ({ table, op = 'insert', id, value }: Entry, sequence: number, transaction: Transaction): Change => {
  const relation = relationOf(table);
  const row = decodedRow(relation, { id, value: value ?? 0 });
  const before = op === 'delete' ? row : null;
  const after = op === 'delete' || op === 'truncate' ? null : row;
  return createChange({ op, table: `public.${table}`, relation, transaction, sequence, before, after });
};

export const failureOf = (recovery: MillraceError['recovery'], code = 'BROKEN'): MillraceError =>
  new MillraceError({ code, recovery, message: code });
