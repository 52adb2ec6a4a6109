import type { TableProgress } from '../contracts/checkpoint.ts';
import { coreError } from '../errors/core-errors.ts';
import { Signal } from '../hub/signal.ts';
import type { GroupBoundary } from '../pipeline/group-boundary.ts';
import type { Tables } from '../snapshot/table-progress.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { type Backfill, backfillOf } from './backfill.ts';

export interface SideTablesOptions {
  readonly progress: StreamProgress;
  readonly boundary: GroupBoundary;
  /** A backfill has got another state, and durably so. */
  readonly onBackfill: (backfill: Backfill) => void;
  /** Tables have got another state. */
  readonly onTables: () => void;
  /** The stream's own checkpoint could not be saved: nothing more may be written. */
  readonly onFailure: (error: unknown) => void;
}

/** The stream's own failure, met by what wanted to save something: no failure of a side stream. */
export class MainFailed extends Error {}

/** What the stream's checkpoint says of tables, as side streams read and change it. */
export class SideTables {
  readonly #options: SideTablesOptions;
  /** The stream's position or its tables have changed. */
  readonly changed = new Signal();

  constructor(options: SideTablesOptions) {
    this.#options = options;
  }

  get known(): Tables {
    return this.#options.progress.checkpoint.tables;
  }

  /** Changes what the checkpoint says of a table, between two groups, and durably. */
  async change(table: string, change: (progress: TableProgress) => TableProgress): Promise<Backfill> {
    const { boundary, progress, onTables } = this.#options;
    const act = async () => {
      const known = this.known[table];
      if (known === undefined)
        throw coreError('NOT_POSSIBLE', `${table} is no table of this stream`, { details: { table } });
      const changed = change(known);
      if (changed === known) return backfillOf(table, known);
      await this.own(() =>
        progress.save({ tables: { ...this.known, [table]: changed } }, new AbortController().signal),
      );
      const backfill = backfillOf(table, changed);
      if (changed.backfill?.state !== known.backfill?.state) this.tell(table);
      onTables();
      this.changed.notify();
      return backfill;
    };
    return boundary.act(act).catch((error) => {
      throw boundary.hasFailedWith(error) ? new MainFailed('The stream failed', { cause: error }) : error;
    });
  }

  /** Does something to the stream's own checkpoint: that it fails is the stream's failure (`MainFailed`). */
  async own<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      this.#options.onFailure(error);
      throw new MainFailed('The stream failed', { cause: error });
    }
  }

  tell(table: string): void {
    const known = this.known[table];
    if (known !== undefined) this.#options.onBackfill(backfillOf(table, known));
  }
}

export const unwrapped = (error: unknown): unknown => (error instanceof MainFailed ? error.cause : error);
