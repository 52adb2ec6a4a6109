import type { BackfillProgress, TableProgress } from '../contracts/checkpoint.ts';
import type { Tables } from '../snapshot/table-progress.ts';

/** The copy of the rows that one table has, at the stream's first start or beside it later. */
export interface Backfill {
  readonly table: string;
  /**
   * `not-started`: nobody has asked for it; `pending`: it waits for its turn; `active`; `stopped`: the next one starts
   * from the beginning; `failed`: for `error`, and not tried again; `completed`; `unsupported`: such a table cannot be
   * copied.
   */
  readonly state: BackfillProgress['state'];
  /** `automatic`: because the table is captured; `manual`: by `stream.backfill`. */
  readonly trigger: 'automatic' | 'manual';
  /** Which rows are copied, as SQL of the source; `null`: all. */
  readonly where: string | null;
  /** Milliseconds since 1970; `null`: not yet, or not known. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

const states: Readonly<Record<TableProgress['state'], BackfillProgress['state']>> = {
  pending: 'pending',
  copying: 'active',
  'catching-up': 'completed',
  live: 'completed',
  aside: 'pending',
  failed: 'stopped',
};

/** What a checkpoint says of the copy of a table. */
export const backfillOf = (table: string, { state, through, backfill }: TableProgress): Backfill => {
  if (backfill !== undefined) {
    const { state, trigger, where, startedAt, endedAt, error } = backfill;
    return { table, state, trigger, where, startedAt, endedAt, error };
  }
  const isCopied = state !== 'live' || through !== null;
  const rest = { trigger: 'automatic', where: null, startedAt: null, endedAt: null, error: null } as const;
  return { table, state: isCopied ? states[state] : 'not-started', ...rest };
};

export const backfillsOf = (tables: Tables): readonly Backfill[] =>
  Object.entries(tables).map(([table, progress]) => backfillOf(table, progress));
