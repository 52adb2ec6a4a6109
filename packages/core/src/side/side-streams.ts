import { setTimeout } from 'node:timers/promises';
import type { Checkpoint, TableProgress } from '../contracts/checkpoint.ts';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import { asMillraceError, coreError } from '../errors/core-errors.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import { backoff } from '../machine/stream-machine.ts';
import type { Position } from '../model/position.ts';
import type { StorageFinding } from '../schema/storage-watch.ts';
import type { ReplacingCopy } from '../snapshot/replacing-copy.ts';
import type { Backfill } from './backfill.ts';
import {
  activated,
  cameBack,
  cutShort,
  followsOnly,
  gone,
  isWanted,
  merged,
  released,
  requested,
  setAside,
} from './backfill-progress.ts';
import { freeSide, mayBeThere, releaseSide, type SideConnectors } from './side-connectors.ts';
import { type SideSession, SideStream } from './side-stream.ts';
import { MainFailed, SideTables, type SideTablesOptions, unwrapped } from './side-tables.ts';
import type { SideTask } from './side-task.ts';

export interface SideStreamsOptions extends SideTablesOptions {
  readonly connectors: SideConnectors;
  /** Whether the rows of a table are those of a query: the source has no table of its name. */
  readonly isQuery: (table: string) => boolean;
  readonly session: (task: SideTask) => SideSession;
  readonly report: (event: ConnectorEvent) => void;
  /** Tables may equal their source now. */
  readonly handOver: () => Promise<void>;
}

interface Attempt {
  readonly onProgress: () => void;
  readonly ending: AbortSignal;
  readonly stop: AbortController;
  readonly signal: AbortSignal;
}

/**
 * The side streams of a stream that is running: one after the other, as long as there are tables to be copied. They are
 * part of what the stream does while it runs, and end with it. A side stream that fails is tried again, or given up, and
 * does not disturb the stream.
 */
export class SideStreams {
  readonly #options: SideStreamsOptions;
  readonly #tables: SideTables;
  /** Tables of which something is left that cannot be removed now. */
  readonly #stuck = new Set<string>();
  #active: { readonly table: string; readonly stream: SideStream; readonly stop: AbortController } | null = null;

  constructor(options: SideStreamsOptions) {
    this.#options = options;
    this.#tables = new SideTables(options);
  }

  /** Runs until `ending`; rejects with the signal's reason, or when the stream's own checkpoint cannot be saved. */
  async run(ending: AbortSignal, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([ending, signal]);
    try {
      for (;;) {
        either.throwIfAborted();
        const next = this.#next();
        if (next === null) await this.#tables.changed.wait(either);
        else await this.#workOn(next, ending, signal);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof MainFailed || !ending.aborted) throw unwrapped(error);
    }
  }

  /** The stream's position or its tables have changed. */
  wake(): void {
    this.#tables.changed.notify();
  }

  /** Asks for a copy of the table. Rejects `NOT_POSSIBLE` while there is one. */
  async request(table: string, where: string | null): Promise<Backfill> {
    return this.#command(table, (progress) => {
      const state = progress.backfill?.state;
      if (state === 'pending' || state === 'active' || followsOnly(progress))
        throw coreError('NOT_POSSIBLE', `${table} is being copied already`, { details: { table } });
      return requested(progress, where);
    });
  }

  /** Ends the copy of the table, if there is one. */
  async stop(table: string): Promise<Backfill> {
    const stopped = await this.#command(table, (progress) => {
      const state = progress.backfill?.state;
      return state === 'pending' || state === 'active' ? cutShort(progress, 'stopped') : progress;
    });
    if (stopped.state === 'stopped') this.#interrupt(table);
    return stopped;
  }

  /** Keeps what was found of a table's storage, unless the log has told more. Where rows may be others, it is copied anew. */
  async found({ table, before, storage, isRewritten }: StorageFinding): Promise<boolean> {
    let isKept = false;
    await this.#tables.change(table, (progress) => {
      isKept = progress.storage === before;
      if (!isKept) return progress;
      return isRewritten ? requested({ ...progress, storage }, null, 'automatic') : { ...progress, storage };
    });
    if (isKept && isRewritten) this.#interrupt(table);
    return isKept;
  }

  /** A table that was gone is there again. */
  async returned(table: string, copies: boolean): Promise<void> {
    await this.#tables.change(table, (progress) => (progress.gone === true ? cameBack(progress, copies) : progress));
  }

  /** The checkpoint says that the copy of the table begins anew, or ends. */
  startOver(table: string): void {
    this.#interrupt(table);
    this.#tables.tell(table);
    this.#tables.changed.notify();
  }

  /** Closes what the side stream has open. */
  async close(): Promise<void> {
    await this.#active?.stream.close();
  }

  #interrupt(table: string): void {
    if (this.#active?.table === table) this.#active.stop.abort();
  }

  #next(): string | null {
    const all = Object.entries(this.#tables.known);
    const isLeft = ([table, progress]: readonly [string, TableProgress]) =>
      !isWanted(progress) && progress.backfill?.side != null && !this.#stuck.has(table);
    return (all.find(isLeft) ?? all.find(([, each]) => isWanted(each)))?.[0] ?? null;
  }

  #command(table: string, change: (progress: TableProgress) => TableProgress): Promise<Backfill> {
    return this.#tables.change(table, change).catch((error) => {
      throw unwrapped(error);
    });
  }

  async #workOn(table: string, ending: AbortSignal, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    for (let attempt = 1; ; attempt++) {
      const onProgress = () => {
        attempt = 0;
      };
      try {
        return await this.#step(table, { onProgress, ending, stop, signal: either });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof MainFailed) throw error;
        // What is to be done now, the checkpoint says.
        if (stop.signal.aborted || ending.aborted) return;
        const failure = asMillraceError(error);
        if (failure.code === 'ROWS_REWRITTEN') return await this.#again(table, failure);
        const known = this.#tables.known[table];
        const isTable = known !== undefined && isWanted(known) && !this.#options.isQuery(table);
        const isGone = isTable && !(await mayBeThere(this.#options.connectors.source, table));
        if (failure.recovery !== 'retry' || isGone) return await this.#fail(table, failure, isGone);
        const delay = backoff(Math.max(1, attempt));
        this.#warn(table, failure, `tried again in ${delay} ms`);
        await setTimeout(delay, undefined, { signal: AbortSignal.any([either, ending]) }).catch(() => {});
      }
    }
  }

  async #step(table: string, { onProgress, ending, stop, signal }: Attempt): Promise<void> {
    const { connectors, boundary, progress } = this.#options;
    const before = this.#tables.known[table];
    if (before === undefined) return;
    if (!isWanted(before) || (before.backfill?.state === 'pending' && before.backfill.side !== null))
      return this.#release(table, AbortSignal.any([signal, ending]));
    const side = before.backfill?.side ?? (await this.#activate(table, AbortSignal.any([signal, ending])));
    // Another table may have come by its name while the side stream got its own.
    const known = this.#tables.known[table];
    if (side === null || known === undefined) return;
    const stream = new SideStream({
      table,
      session: (onCheckpoint) =>
        this.#options.session({
          side,
          table,
          replaces: known.backfill?.replaces === true,
          known: known.backfill?.replaces === true && known.shape !== undefined ? known : undefined,
          settle: (from, until) => this.#settle(table, from, until),
          onCheckpoint,
          onProgress,
        }),
      boundary,
      compare: connectors.source.compare.bind(connectors.source),
      distance: (a, b) => connectors.source.distance?.(a, b) ?? null,
      position: () => progress.position,
      merge: (checkpoint) => this.#merge(table, checkpoint, signal),
    });
    this.#active = { table, stream, stop };
    try {
      await stream.run(ending, signal);
    } finally {
      this.#active = null;
    }
  }

  /** Gives the side stream its name, durably before anything is made under it. `null`: it was stopped meanwhile. */
  async #activate(table: string, signal: AbortSignal): Promise<string | null> {
    const side = freeSide(this.#tables.known);
    // Nobody knows of what would be found under this name.
    await releaseSide(this.#options.connectors, side, false, signal);
    const { state } = await this.#tables.change(table, (each) =>
      each.backfill?.state === 'pending' ? activated(each, side) : each,
    );
    return state === 'active' ? side : null;
  }

  /** Resolves once the stream does not apply changes of the table any more. */
  async #settle(table: string, from: Position, signal: AbortSignal): Promise<ReplacingCopy> {
    const { connectors, progress } = this.#options;
    for (;;) {
      const known = this.#tables.known[table];
      if (known === undefined || known.state === 'aside') {
        const { replaces = false, where = null } = known?.backfill ?? {};
        const isFollowed = known !== undefined && followsOnly(known);
        return { replaces, where: isFollowed ? null : where, followsOnly: isFollowed, atLeast: known?.through ?? null };
      }
      const isReady = known.state === 'live' && connectors.source.compare(progress.position, from) >= 0;
      if (!isReady || known.backfill?.state !== 'active') await this.#tables.changed.wait(signal);
      else
        await this.#tables.change(table, (each) =>
          each.state === 'live' && each.backfill?.state === 'active' ? setAside(each, progress.position) : each,
        );
      signal.throwIfAborted();
    }
  }

  /** Between two groups already. */
  async #merge(table: string, side: Checkpoint, signal: AbortSignal): Promise<void> {
    const { connectors, progress, onTables, handOver } = this.#options;
    const known = this.#tables.known[table];
    if (known === undefined || known.gone === true || side.position === null) return;
    const checkpoint = progress.withTables({
      ...this.#tables.known,
      [table]: merged(known, side.position, side.tables[table] ?? {}),
    });
    await this.#tables.own(() => connectors.sink.mergeSide(checkpoint, side, signal));
    progress.committed(checkpoint.tables);
    this.#tables.tell(table);
    onTables();
    await this.#tables.own(handOver);
  }

  async #release(table: string, signal: AbortSignal): Promise<void> {
    const { side = null, merged: isMerged = false } = this.#tables.known[table]?.backfill ?? {};
    if (side === null) return;
    await releaseSide(this.#options.connectors, side, isMerged, signal);
    await this.#tables.change(table, released);
  }

  /** What was copied is out of date: the copy begins anew, under another name. */
  async #again(table: string, failure: MillraceError): Promise<void> {
    this.#warn(table, failure, 'begins anew');
    await this.#tables.change(table, (each) =>
      each.backfill?.state === 'active' ? requested(each, each.backfill.where, each.backfill.trigger) : each,
    );
  }

  async #fail(table: string, failure: MillraceError, isGone: boolean): Promise<void> {
    const { code, message } = failure;
    this.#warn(table, failure, 'given up');
    const known = this.#tables.known[table];
    if (known === undefined || !isWanted(known)) return void this.#stuck.add(table);
    const state = code === 'TABLE_NOT_COPYABLE' ? 'unsupported' : 'failed';
    await this.#tables.change(table, (each) => {
      // The log may have told meanwhile that the table is gone.
      if (!isWanted(each)) return each;
      const ended = cutShort(each, state, each.backfill?.error ?? { code, message });
      return isGone ? gone(ended, true) : ended;
    });
  }

  #warn(table: string, { code, message, details }: MillraceError, what: string): void {
    this.#options.report({
      type: 'warning',
      code,
      message: `The copy of ${table} beside the stream failed (${what}): ${message}`,
      details: { ...details, table },
    });
  }
}
