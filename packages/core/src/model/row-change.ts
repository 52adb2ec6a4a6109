import type { Change, Operation } from './change.ts';
import { changedRow } from './decoded-row.ts';
import type { Transaction } from './position.ts';
import type { Relation } from './relation.ts';
import type { RowImage } from './row-image.ts';

export interface ChangeParts {
  readonly op: Operation | 'read';
  readonly table: string;
  readonly relation: Relation;
  readonly transaction: Transaction | null;
  readonly sequence: number;
  readonly before: RowImage | null;
  readonly after: RowImage | null;
}

/** Decodes `before` and `after` on first access, so that a sink that reads images pays for nothing else. */
class RowChange {
  readonly op: Operation | 'read';
  readonly table: string;
  readonly relation: Relation;
  readonly transaction: Transaction | null;
  readonly sequence: number;
  readonly image: { readonly after: RowImage | null; readonly before: RowImage | null };
  #after: Record<string, unknown> | null | undefined;
  #before: Record<string, unknown> | null | undefined;

  constructor({ op, table, relation, transaction, sequence, before, after }: ChangeParts) {
    this.op = op;
    this.table = table;
    this.relation = relation;
    this.transaction = transaction;
    this.sequence = sequence;
    this.image = { after, before };
  }

  get id(): string {
    if (this.transaction !== null) return `${this.transaction.id}/${this.sequence}`;
    const { after } = this.image;
    const key = this.relation.key?.map((column) => after?.text(column)) ?? [this.sequence];
    return `${this.table}/${JSON.stringify(key)}`;
  }

  get after(): Record<string, unknown> | null {
    if (this.#after === undefined) this.#after = this.image.after?.toObject() ?? null;
    return this.#after;
  }

  get before(): Record<string, unknown> | null {
    if (this.#before === undefined) this.#before = this.image.before?.toObject() ?? null;
    return this.#before;
  }

  get complete(): boolean | undefined {
    const { after } = this.image;
    if (this.op !== 'update' || after === null) return undefined;
    for (let column = 0; column < this.relation.columns.length; column++) {
      const state = after.state(column);
      if (state === 'unchanged' || state === 'absent') return false;
    }
    return true;
  }

  with({ after }: { readonly after: Record<string, unknown> }): Change {
    const { op, table, relation, transaction, sequence, image } = this;
    if (image.after === null) throw new TypeError(`A ${op} has no values to change`);
    const changed = changedRow(image.after, relation, after);
    return createChange({ op, table, relation, transaction, sequence, before: image.before, after: changed });
  }
}

/** Makes a change for a batch. `before` and `after` must fit `op`, as the type `Change` says. */
export const createChange = (parts: ChangeParts): Change => new RowChange(parts) as unknown as Change;

/** A copy that stays valid when the batch is done, and pins none of its buffers. */
export const keepChange = (change: Change): Change => {
  const { op, table, relation, transaction, sequence, image } = change;
  const before = image.before?.keep() ?? null;
  const after = image.after?.keep() ?? null;
  return createChange({ op, table, relation, transaction, sequence, before, after });
};
