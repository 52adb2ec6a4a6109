import type { Abortable } from 'node:events';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { SchemaPlan, Sink, SinkBatch } from '../contracts/sink.ts';
import type { ValidationReport } from '../contracts/validation.ts';
import { coreError } from '../errors/core-errors.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import type { Schema } from '../model/change.ts';
import { checkUpdate, type Settings } from '../options/settings.ts';
import type { StreamUpdate } from '../options/stream-options.ts';
import { qualified } from '../pipeline/table-selection.ts';
import type { Backfill } from '../side/backfill.ts';
import type { IterationSink } from '../sinks/iteration-sink.ts';
import type { SnapshotState } from '../snapshot/stream-snapshot.ts';
import { SessionStatistics } from '../statistics/session-statistics.ts';
import { StatisticsReport } from '../statistics/statistics-report.ts';
import type { StreamStatistics } from '../statistics/stream-statistics.ts';
import { interrupted, notPossible } from './command-errors.ts';
import { LogBudget } from './log-budget.ts';
import { RecentErrors } from './recent-errors.ts';
import { Run } from './run.ts';
import { Session } from './session.ts';
import { createStreamActor, type StreamActor } from './stream-actor.ts';
import { isLive, StreamCommands } from './stream-commands.ts';
import { StreamEventEmitter, type StreamEvents } from './stream-events.ts';
import { type StreamState, type StreamStatus, toStreamState, type Waiting } from './stream-state.ts';

/**
 * One stream: started, paused, resumed and stopped by program. Made by `createStream`. `S` are the tables it captures,
 * `All` those of its source.
 */
export class Stream<S = Schema, All = S> implements AsyncDisposable {
  readonly id: string;
  readonly #settings: Settings;
  readonly #session: Session;
  readonly #iteration: IterationSink | null;
  readonly #statistics = new SessionStatistics();
  readonly #events = new StreamEventEmitter();
  readonly #statisticsReport = new StatisticsReport(() => {
    if (this.#events.isHeard('stats')) this.#events.emit('stats', this.stats());
  });
  readonly #actor: StreamActor;
  readonly #commands: StreamCommands;
  readonly #errors = new RecentErrors();
  readonly #logBudget: LogBudget;
  #state: StreamState = { status: 'not-started', error: null };
  #waiting: Waiting | null = null;
  #snapshot: SnapshotState | null = null;
  #run = new Run();
  #force = false;

  /** @internal */
  constructor(settings: Settings, sink: Sink, iteration: IterationSink | null) {
    this.id = settings.id;
    this.#settings = settings;
    this.#iteration = iteration;
    this.#session = new Session({
      settings,
      sink,
      statistics: this.#statistics,
      report: (event) => this.#report(event),
      onDrain: () => iteration?.drain(),
      snapshot: {
        report: (event) => this.#report(event),
        onChunk: () => this.#progressed(),
        onProgress: (progress) => this.#events.emit('snapshot', progress),
        onHandover: (event) => this.#events.emit('handover', event),
        onState: (snapshot) => {
          this.#snapshot = snapshot;
          this.#transitioned();
        },
      },
      onBackfill: (backfill) => this.#events.emit('backfill', backfill),
      onCheckpoint: ({ position }, changes) => {
        this.#progressed();
        if (position !== null) this.#events.emit('checkpoint', { position, changes });
      },
    });
    this.#logBudget = new LogBudget(settings.source, settings.id, (event) => this.#report(event));
    this.#actor = createStreamActor({
      session: this.#session,
      isDeletionForced: () => this.#force,
      onRetry: (attempt, delay, error) => this.#events.emit('retry', { error, attempt, delay }),
    });
    this.#commands = new StreamCommands(this.#actor, () => this.#state);
    this.#actor.subscribe(() => this.#transitioned());
    this.#actor.start();
  }

  get state(): StreamState {
    return this.#state;
  }

  get status(): StreamStatus {
    return this.#state.status;
  }

  /** The newest errors, oldest first; at most 20. */
  get errors(): readonly MillraceError[] {
    return this.#errors.all;
  }

  /**
   * The current run (before the first `start()`, the coming one), from `start()` or `recover()` to its end: resolves
   * when stopped or finished, rejects when failed permanently or when `start()` was rejected; never unhandled.
   */
  get done(): Promise<void> {
    return this.#run.done;
  }

  /** Returns how to stop listening. */
  on<E extends keyof StreamEvents>(event: E, listener: (...args: StreamEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Validates, opens and runs. Resolves in `running`. Rejects `VALIDATION_FAILED` with every problem at once (the
   * status is `not-started` again), or with the error that makes it `failed-permanently`. Allowed in `not-started`,
   * `stopped` and `finished`; while starting or running it waits for `running`, elsewhere it rejects `NOT_POSSIBLE`.
   */
  async start(): Promise<void> {
    if (this.#commands.can('START')) this.#run = this.#run.next();
    this.#commands.give('start', 'START', 'starting', 'running', 'failed');
    await this.#commands.untilRunning('start');
  }

  /**
   * Commits what is complete, gives up what is not, closes every connection and keeps the log position. Resolves in
   * `paused`, after 20 s at most.
   */
  async pause(): Promise<void> {
    this.#commands.give('pause', 'PAUSE', 'paused', 'draining');
    await this.#commands.until(({ status }) => status === 'paused' || !isLive(status));
    if (this.status !== 'paused') throw interrupted('pause', this.status);
  }

  /** Reconnects and goes on from the checkpoint. Resolves in `running`. */
  async resume(): Promise<void> {
    this.#commands.give('resume', 'RESUME', 'paused', 'running', 'failed');
    await this.#commands.untilRunning('resume');
  }

  /**
   * Commits what is complete, gives up what is not, closes every connection. Possible in every status; resolves when
   * nothing is open any more, after 20 s at most.
   */
  async stop(): Promise<void> {
    if (this.#commands.can('STOP')) this.#commands.send('STOP');
    await this.#commands.until(() => this.#commands.isSettled());
  }

  /**
   * Ends `failed-permanently` once its cause is removed: `retry` goes on from the checkpoint, if the log still reaches
   * back to it. Resolves in `running`; rejects with the error that ended it again.
   */
  async recover(strategy: 'retry'): Promise<void> {
    if (strategy !== 'retry') throw coreError('INVALID_OPTIONS', `recover knows no strategy ${String(strategy)}`);
    if (this.#commands.can('RECOVER')) this.#run = this.#run.next();
    this.#commands.give('recover', 'RECOVER', 'starting', 'running', 'failed');
    await this.#commands.untilRunning('recover');
  }

  /**
   * Changes options: limits, queue, batch, copy and logger at once, `tables` and `transform` by draining and reconnecting
   * where the stream is running. Throws `INVALID_OPTIONS` before anything is changed.
   */
  async update(options: StreamUpdate<All>): Promise<void> {
    const { limits, queue, batch, copy, ...rest } = checkUpdate(options, this.#settings);
    Object.assign(this.#settings.limits, limits);
    Object.assign(this.#settings.queue, queue);
    Object.assign(this.#settings.batch, batch);
    Object.assign(this.#settings.copy, copy);
    Object.assign(this.#settings, rest);
    if (!('tables' in rest || 'transform' in rest)) return;
    // What is opening now may have read the options before; between two attempts nothing has.
    const isWaiting = () => this.#actor.getSnapshot().matches('waiting');
    await this.#commands.until(({ status }) => status === 'running' || this.#commands.isSettled() || isWaiting());
    if (!this.#commands.can('RESTART')) return;
    this.#commands.send('RESTART');
    await this.#commands.untilRunning('update');
  }

  /** The copies of the rows that tables have, the first ones included; empty before the first start. */
  get backfills(): readonly Backfill[] {
    return this.#session.sides.backfills;
  }

  /**
   * Copies a table anew beside the stream, which goes on: rows of the target that the source does not have are removed,
   * the others replaced. `where`, a condition in the source's SQL that the target understands too, names the rows: those
   * for which it holds at either side. Resolves when that is durable; event `backfill` says how it goes on. Allowed in
   * `running`, once the first copy is complete; rejects `NOT_POSSIBLE` otherwise and while the table is being copied.
   */
  backfill(table: keyof S & string, { where = null }: { readonly where?: string | null } = {}): Promise<Backfill> {
    return this.#session.sides.request(qualified(table, this.#settings.source.defaultSchema), where);
  }

  /**
   * Ends the copy of a table, if there is one. A table that was live becomes live again with the rows that were replaced
   * by then; of one that was not, nothing is streamed before the next `backfill`, which starts from the beginning. Allowed
   * when `backfill` is.
   */
  stopBackfill(table: keyof S & string): Promise<Backfill> {
    return this.#session.sides.stop(qualified(table, this.#settings.source.defaultSchema));
  }

  /**
   * Stops, drops what the stream made at its source (slot, publication) and deletes its checkpoint. Rejects with what
   * is left when the source cannot be reached: an abandoned slot fills its server's disk. `force` forgets anyway.
   */
  async delete({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    await this.stop();
    if (!this.#commands.can('DELETE')) throw notPossible('delete', this.status);
    this.#force = force;
    this.#commands.send('DELETE');
    await this.#commands.until(() => this.#commands.isSettled());
    if (this.#state.status === 'stopped') throw this.#state.error ?? interrupted('delete', this.status);
  }

  /** What `start()` would find, without changing anything. */
  validate({ signal = new AbortController().signal }: Abortable = {}): Promise<ValidationReport> {
    return this.#session.validate(signal);
  }

  /** The statements that `start()` would run at the target, in order. Runs none; rejects where a server cannot be asked. */
  planSchema({ signal = new AbortController().signal }: Abortable = {}): Promise<SchemaPlan> {
    return this.#session.plan(signal);
  }

  /** Readable at any time, also after the end. Cheap enough to be called every second. */
  stats(): StreamStatistics {
    return this.#statistics.snapshot(this.status, (a, b) => this.#settings.source.distance?.(a, b) ?? null);
  }

  /**
   * The changes themselves, for a stream without `sink` and `on`. A batch counts as done when the next is asked for;
   * leaving the loop leaves the last one undone: it comes again. Valid until then. Ends with the run, and throws what
   * made it fail permanently. Do not await `stop()` or `pause()` inside the loop: they wait for the batch in hand.
   */
  async *changes(): AsyncGenerator<SinkBatch<S>, void, undefined> {
    if (this.#iteration === null) throw coreError('NOT_POSSIBLE', 'changes() is for streams without sink and handlers');
    const run = this.#run;
    yield* this.#iteration.batches(run.ended) as AsyncGenerator<SinkBatch<S>, void, undefined>;
    await run.done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Something is durable: failures in a row are over. */
  #progressed(): void {
    if (this.#actor.getSnapshot().context.error !== null) this.#actor.send({ type: 'PROGRESS' });
  }

  #transitioned(): void {
    const snapshot = this.#actor.getSnapshot();
    const { error } = snapshot.context;
    if (error !== null && this.#errors.add(error)) {
      this.#settings.logger.error({ stream: this.id, err: error }, error.message);
      this.#events.emit('error', error);
    }
    const previous = this.#state;
    if (!snapshot.matches('starting') && !snapshot.matches('recovering')) this.#waiting = null;
    const state = toStreamState(snapshot, this.#waiting, this.#snapshot);
    this.#state = state;
    if (state.status !== previous.status) this.#entered(state, previous.status);
    this.#commands.entered(state);
  }

  #entered(state: StreamState, previous: StreamStatus): void {
    const { status } = state;
    this.#statistics.count(isLive(status));
    this.#logBudget.watch(status === 'running' || status === 'paused' || status === 'failed');
    this.#statisticsReport.run(status === 'running');
    if (status === 'stopped' || status === 'finished') this.#run.resolve();
    if (status === 'failed-permanently' || status === 'not-started')
      this.#run.reject(('error' in state ? state.error : null) ?? interrupted('start', this.status));
    if (state.status === 'finished' && state.reason !== null && state.reason !== 'snapshot-complete')
      this.#events.emit('limit', { reason: state.reason });
    this.#settings.logger.info({ stream: this.id, status, previous }, `stream ${this.id} is ${status}`);
    this.#events.emit('status', { status, previous });
  }

  #report({ type, code, message, details }: ConnectorEvent): void {
    const event = { code, message, details };
    this.#statistics.increment(code);
    switch (type) {
      case 'counter':
        return;
      case 'waiting':
        this.#waiting = event;
        this.#transitioned();
        this.#events.emit('warning', event);
        return;
      case 'warning':
        this.#settings.logger.warn({ stream: this.id, code, ...details }, message);
    }
    this.#events.emit(type, event);
  }
}
