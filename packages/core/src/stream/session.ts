import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink, SinkContext } from '../contracts/sink.ts';
import type { SourceContext } from '../contracts/source.ts';
import type { ValidationReport } from '../contracts/validation.ts';
import { asMillraceError, coreError } from '../errors/core-errors.ts';
import type { FinishReason, OpenPurpose } from '../machine/stream-machine.ts';
import type { ChangeBatch } from '../model/change-batch.ts';
import type { Position } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import { namedTables, type Settings } from '../options/settings.ts';
import { ChangePipeline } from '../pipeline/change-pipeline.ts';
import { type MoveOptions, moveChanges } from '../pipeline/move-changes.ts';
import { settledWithin } from '../pipeline/run-together.ts';
import { qualified, selectedTables, spellings } from '../pipeline/table-selection.ts';
import { addedColumns, extendRelation, Transformation } from '../pipeline/transformation.ts';
import { GivenUp } from '../sinks/given-up.ts';
import type { SessionStatistics } from '../statistics/session-statistics.ts';
import { type CheckpointKeeper, checkpointKeeper } from './checkpoint-keeper.ts';
import { type Connectors, validateConnectors, validationError, warnings } from './validate-connectors.ts';

export interface SessionOptions {
  /** Read whenever it is used: `update()` changes it in place. */
  readonly settings: Settings;
  readonly sink: Sink;
  readonly statistics: SessionStatistics;
  readonly report: (event: ConnectorEvent) => void;
  /** The stream reads nothing more: what waits for the user should give up. */
  readonly onDrain: () => void;
  /** A group is durable. */
  readonly onCheckpoint: (checkpoint: Checkpoint, changes: number) => void;
}

/** How often the source is asked for its newest position while running, ms. */
const headInterval = 5_000;

/** How exactly `elapsedTime` is kept, ms; it may be changed meanwhile. */
const clockInterval = 50;

/** How long what is under way may take when a limit was reached, ms. */
const drainPatience = 10_000;

/** What a stream does in each state of its machine: opens, runs, drains, closes. Holds no lifecycle of its own. */
export class Session {
  readonly #options: SessionOptions;
  readonly #keeper: CheckpointKeeper;
  /** The epoch of this run's last open; `null` before the first. */
  #epoch: number | null = null;
  /** This run has been open before: what opens now is a reconnect. */
  #wasOpen = false;
  #opened: { readonly checkpoint: Checkpoint; readonly changes: AsyncIterable<ChangeBatch> } | null = null;
  /** What the last checkpoint said; outlives `close`, for a `delete` that cannot read it. */
  #claimed = false;
  /** A server that does not answer is asked once. */
  #isObserving = false;
  /** Ends reading: by draining, or because what is being done is aborted. */
  #reading = new AbortController();

  constructor(options: SessionOptions) {
    this.#options = options;
    const { settings, sink } = options;
    this.#keeper = checkpointKeeper(settings.id, sink, settings.checkpoints);
  }

  async validate(signal: AbortSignal): Promise<ValidationReport> {
    return (await validateConnectors(this.#connectors(signal))).report;
  }

  async open(purpose: OpenPurpose, signal: AbortSignal): Promise<void> {
    const { settings, sink, statistics } = this.#options;
    const { source } = settings;
    if (purpose !== 'reconnect') {
      this.#epoch = null;
      this.#wasOpen = false;
      statistics.begin();
    }
    // A start that was paused before it had validated is started by the resume.
    const described = purpose === 'start' || !this.#wasOpen ? await this.#requireValid(signal) : null;
    const { sourceContext, sinkContext } = this.#connectors(signal);
    const identity = await source.open(sourceContext);
    void this.#observeHead();
    const relations = described ?? (await source.describe(sourceContext));
    signal.throwIfAborted();
    const context = sinkContext(relations);
    let checkpoint = await this.#keeper.open(context, (epoch) => {
      // An open that was given up meanwhile must not speak for the next one.
      if (!signal.aborted) this.#epoch = epoch;
    });
    signal.throwIfAborted();
    const known = checkpoint.source;
    if (known !== null && (known.kind !== identity.kind || known.id !== identity.id))
      throw coreError(
        'SOURCE_CHANGED',
        `The checkpoint belongs to ${known.kind} ${known.id}, the source is ${identity.kind} ${identity.id}`,
        {
          hint: 'Point the stream at its own source, or delete() it to begin anew.',
          details: { checkpoint: known, source: identity },
        },
      );
    await sink.prepare?.(context.relations, 'stream', signal);
    signal.throwIfAborted();
    if (checkpoint.position === null) {
      const save = async (changed: Partial<Checkpoint>) => {
        checkpoint = { ...checkpoint, source: identity, savedAt: Date.now(), ...changed };
        await this.#keeper.save(checkpoint, signal);
      };
      const position = await source.begin({
        claimed: checkpoint.claimed,
        copies: false,
        claim: () => save({ claimed: true }),
        signal,
      });
      await save({ position });
    }
    const changes = await this.#changesFrom(checkpoint.position ?? '', signal);
    this.#opened = { checkpoint, changes };
    this.#claimed = checkpoint.claimed;
    this.#wasOpen = true;
  }

  /** Moves changes until a limit is reached, `drain` is called (`null`), or something fails. */
  async run(signal: AbortSignal): Promise<FinishReason | null> {
    const { settings, sink, statistics } = this.#options;
    const { source, limits } = settings;
    const opened = this.#opened;
    if (opened?.checkpoint.position == null) throw coreError('CONNECTOR_INVALID', 'The stream is not open');
    let finished: FinishReason | null = null;
    let patience: NodeJS.Timeout | null = null;
    const reading = this.#reading;
    const overtime = new AbortController();
    const finish = (reason: FinishReason) => {
      if (finished !== null || reading.signal.aborted) return;
      finished = reason;
      patience = setTimeout(() => overtime.abort(new GivenUp()), drainPatience);
      this.drain();
    };
    const checkLimits = () => {
      if (limits.elapsedTime > 0 && statistics.elapsed() >= limits.elapsedTime * 1_000) finish('time-limit');
      else if (limits.numberOfEvents > 0 && statistics.committed >= limits.numberOfEvents) finish('event-limit');
    };
    const clock = setInterval(checkLimits, clockInterval);
    const heads = setInterval(() => void this.#observeHead(), headInterval);
    const move: MoveOptions = {
      settings,
      sink,
      reading,
      changes: opened.changes,
      pipeline: this.#pipeline(),
      after: opened.checkpoint.position,
      onHub: (hub) => statistics.watch(hub),
      onRead: (batch) => statistics.read(batch),
      onSafe: (position) => source.acknowledge(position),
      onWritten: (group) => statistics.wrote(group),
      remaining: () => (limits.numberOfEvents === 0 ? null : limits.numberOfEvents - statistics.written),
      checkpoint: (position) => this.#next(position),
      onDurable: async (group, checkpoint) => {
        await this.#keeper.afterWrite(checkpoint);
        this.#opened = { ...opened, checkpoint };
        this.#options.onCheckpoint(checkpoint, group.changes.length);
      },
    };
    try {
      const end = await moveChanges(move, AbortSignal.any([signal, overtime.signal]));
      return end === 'limit' ? 'event-limit' : finished;
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error;
      return finished;
    } finally {
      clearInterval(clock);
      clearInterval(heads);
      clearTimeout(patience ?? undefined);
    }
  }

  /** Reads nothing more: what is complete in the hub is written, and `run` ends. */
  drain(): void {
    this.#reading.abort();
    this.#options.onDrain();
  }

  /** Releases every connection; never rejects, ends within 6 s. */
  async close(): Promise<void> {
    const { settings, sink } = this.#options;
    this.#reading = new AbortController();
    this.#opened = null;
    const close = async (connector: { close(): Promise<void> }) => connector.close();
    await settledWithin(6_000, Promise.allSettled([close(sink), close(settings.source)]));
  }

  /** Drops what the stream made at its source, then its checkpoint: in this order, or a slot would be left unknown. */
  async delete(force: boolean, signal: AbortSignal): Promise<void> {
    const { settings, report } = this.#options;
    const leave = (error: unknown) => {
      const { code, message } = asMillraceError(error);
      if (!force || signal.aborted) throw asMillraceError(error);
      report({ type: 'warning', code, message: `Deleted without it: ${message}`, details: {} });
      return null;
    };
    const checkpoint = await this.#keeper.read(signal).catch(leave);
    const claimed = checkpoint?.claimed ?? this.#claimed;
    if (checkpoint === null && !claimed)
      report({
        type: 'warning',
        code: 'CHECKPOINT_MISSING',
        message: `Stream ${settings.id} has no checkpoint: what it may have made at its source is left there`,
        details: {},
      });
    await settings.source.release({ streamId: settings.id, claimed, signal }).catch(leave);
    await this.#keeper.delete(signal).catch(leave);
    this.#epoch = null;
    this.#claimed = false;
  }

  /** Returns the tables that are there. */
  async #requireValid(signal: AbortSignal): Promise<readonly Relation[]> {
    const { report, relations } = await validateConnectors(this.#connectors(signal));
    const error = validationError(report);
    if (error !== null) throw error;
    for (const { code, message, fix } of warnings(report))
      this.#options.report({ type: 'warning', code, message, details: { fix } });
    return relations;
  }

  /** Begins to read; from now on draining ends it. */
  async #changesFrom(position: Position, signal: AbortSignal): Promise<AsyncIterable<ChangeBatch>> {
    const reading = this.#reading;
    const abort = () => reading.abort(signal.reason);
    signal.addEventListener('abort', abort);
    try {
      return await this.#options.settings.source.changes(position, reading.signal);
    } finally {
      signal.removeEventListener('abort', abort);
      signal.throwIfAborted();
    }
  }

  /** The checkpoint that makes a position durable. Invariant 3: positions only move forward. */
  #next(position: Position): Checkpoint {
    const { source } = this.#options.settings;
    const current = this.#opened?.checkpoint;
    if (current?.position == null || source.compare(position, current.position) < 0)
      throw coreError('CONNECTOR_INVALID', `The source ${source.name} moved backwards in its log`);
    return { ...current, position, savedAt: Date.now() };
  }

  #connectors(signal: AbortSignal): Connectors {
    const { settings, sink, report } = this.#options;
    const { source, logger } = settings;
    const added = this.#added();
    const sourceContext: SourceContext = {
      streamId: settings.id,
      tables: selectedTables(settings.tables, source.defaultSchema),
      // A transform reads values, and what it returns is text again.
      formats: settings.transform === null ? sink.capabilities.formats : [],
      logger,
      report,
      signal,
    };
    const sinkContext = (relations: readonly Relation[]): SinkContext => ({
      streamId: settings.id,
      epoch: this.#epoch,
      relations: relations.map((relation) => extendRelation(relation, added)),
      compare: (a, b) => source.compare(a, b),
      ...(source.reselect === undefined ? {} : { reselect: source.reselect.bind(source) }),
      logger,
      report,
      signal,
    });
    return { source, sink, sourceContext, sinkContext };
  }

  #added() {
    const { columns, source } = this.#options.settings;
    const entries = Object.entries(columns).map(([name, added]) => [qualified(name, source.defaultSchema), added]);
    return addedColumns(Object.fromEntries(entries));
  }

  #pipeline(): ChangePipeline {
    const { tables, transform, source } = this.#options.settings;
    const spelling = spellings(namedTables(this.#options.settings), source.defaultSchema);
    const transformation = transform === null ? null : new Transformation(transform, this.#added(), spelling);
    return new ChangePipeline(selectedTables(tables, source.defaultSchema), transformation);
  }

  /** Statistics only: a failure to ask is no failure of the stream. */
  async #observeHead(): Promise<void> {
    const { settings, statistics } = this.#options;
    if (this.#isObserving) return;
    this.#isObserving = true;
    try {
      const asked = Date.now();
      const { position, time } = await settings.source.head();
      const answered = Date.now();
      statistics.head(position, { offset: time - (asked + answered) / 2, roundTrip: answered - asked });
    } catch {
      // The next failure of the stream itself will say what is wrong.
    } finally {
      this.#isObserving = false;
    }
  }
}
