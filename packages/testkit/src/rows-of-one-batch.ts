import { type Change, type ChangeBatch, createChange, type RowImage } from '@millrace/core';

/** Whether the batch is done. */
interface Validity {
  expired: boolean;
}

/** An image that says something else once its batch is done. A copy of it stays as it is. */
class ExpiringRow implements RowImage {
  readonly #row: RowImage;
  readonly #validity: Validity;

  constructor(row: RowImage, validity: Validity) {
    this.#row = row;
    this.#validity = validity;
  }

  get relation() {
    return this.#row.relation;
  }

  get wire() {
    return this.#row.wire;
  }

  get byteLength() {
    return this.#row.byteLength;
  }

  state(column: number) {
    return this.#validity.expired ? 'null' : this.#row.state(column);
  }

  text(column: number) {
    return this.#validity.expired ? null : this.#row.text(column);
  }

  writeText(column: number, target: Buffer, at: number) {
    return this.#validity.expired ? -1 : this.#row.writeText(column, target, at);
  }

  bytes(column: number) {
    return this.#validity.expired ? null : this.#row.bytes(column);
  }

  value(column: number) {
    return this.#validity.expired ? null : this.#row.value(column);
  }

  toObject() {
    return this.#validity.expired ? {} : this.#row.toObject();
  }

  keep(): RowImage {
    return this.#validity.expired ? this : this.#row.keep();
  }
}

/** Makes the rows of batches end with them, as those of a source do that reads them from a buffer which it fills again. */
export class RowsOfOneBatch {
  #validity: Validity = { expired: false };

  expiring(batch: ChangeBatch): ChangeBatch {
    this.#validity = { expired: false };
    return { ...batch, changes: Array.from(batch.changes, (change) => this.#expiring(change)) };
  }

  /** The batch is done. */
  expire(): void {
    this.#validity.expired = true;
  }

  #expiring({ op, table, relation, transaction, sequence, image }: Change): Change {
    const row = (one: RowImage | null) => (one === null ? null : new ExpiringRow(one, this.#validity));
    return createChange({
      op,
      table,
      relation,
      transaction,
      sequence,
      before: row(image.before),
      after: row(image.after),
    });
  }
}
