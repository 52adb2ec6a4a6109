import type { ConnectorEvent, SinkBatch } from '@millrace/core';
import type { BulkContext } from '../apply/bulk-context.ts';
import { applyBatch } from '../apply-batch.ts';
import type { Claim } from '../checkpoint/checkpoint-sql.ts';
import type { Replay } from '../replay/replay.ts';
import { applyBlaming, applyWithoutFaults } from './apply-without-faults.ts';
import type { KnownFaults } from './known-faults.ts';
import { mostSavepoints } from './leave-out-faults.ts';
import { RefusedChange } from './refused-change.ts';
import type { RejectedRow } from './rejected-row.ts';
import type { RejectedRows } from './rejected-rows.ts';
import { replayWithoutFaults } from './replay-without-faults.ts';

export interface OneByOneOptions {
  readonly context: BulkContext;
  readonly replay: Replay;
  readonly claim: Claim;
  readonly rows: RejectedRows;
  /** Outlives the connection. */
  readonly faults: KnownFaults;
}

/** How batches are applied one change at a time on one connection, and what the target refuses of them meanwhile. */
export class OneByOne {
  readonly #options: OneByOneOptions;
  /** Those of the transaction that is open. */
  #rejected: RejectedRow[] = [];
  #savepoints = 0;

  constructor(options: OneByOneOptions) {
    this.#options = options;
  }

  /** All changes of a transaction. */
  async apply(batch: SinkBatch, signal: AbortSignal): Promise<void> {
    const { context, replay, rows } = this.#options;
    if (!rows.areLeftOut) return applyBatch(batch, true, context, replay, signal);
    const rejected = replay.concerns(batch)
      ? await replayWithoutFaults(replay, batch, context, new Set(), signal)
      : await applyWithoutFaults(batch.changes, context, mostSavepoints, signal);
    this.#rejected.push(...rejected);
  }

  /**
   * A part of a transaction. Returns true when that had to be given up: the next attempt leaves out what was found to be
   * refused.
   */
  async applyPart(part: SinkBatch, signal: AbortSignal): Promise<boolean> {
    const { context, replay, rows, faults } = this.#options;
    if (!rows.areLeftOut) {
      await applyBatch(part, true, context, replay, signal);
      return false;
    }
    const { batch, rejected } = faults.without(part);
    this.#rejected.push(...rejected);
    try {
      const maySave = this.#savepoints++ < mostSavepoints;
      if (maySave && replay.concerns(batch))
        this.#rejected.push(...(await replayWithoutFaults(replay, batch, context, faults.ids, signal)));
      else if (maySave) this.#rejected.push(...(await applyWithoutFaults(batch.changes, context, 1, signal)));
      else if (replay.concerns(batch)) await replay.apply(batch, true, signal, { leftOut: faults.ids });
      else await applyBlaming(batch.changes, context, signal);
      return false;
    } catch (error) {
      if (!(error instanceof RefusedChange)) throw error;
      faults.add(error.change, error.cause);
      rows.check(faults.size);
      return true;
    }
  }

  /** Keeps what was refused; what is open can be committed then. Rejects `TOO_MANY_REJECTED_ROWS`. */
  save(signal: AbortSignal): Promise<void> {
    const { context, claim, rows } = this.#options;
    return rows.save(context.session, claim, this.#rejected, signal);
  }

  committed(report: (event: ConnectorEvent) => void): void {
    this.#options.rows.committed(this.#rejected, report);
    this.ended();
  }

  /** The transaction is open no more. */
  ended(): void {
    this.#rejected = [];
    this.#savepoints = 0;
  }
}
