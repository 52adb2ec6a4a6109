import type {
  BeginContext,
  Chunk,
  CopyPlan,
  CopyRequest,
  ExactCopyRequest,
  LogChanges,
  Position,
  Relation,
  ReleaseContext,
  ReselectRequest,
  Schema,
  Source,
  SourceContext,
} from '@millrace/core';
import { applicationName, postgresErrorOf, sqlstateOf } from '@millrace/postgres-client';
import { beginSource } from './begin-source.ts';
import { describeSource } from './catalog/describe-source.ts';
import { readServer, readSystem } from './catalog/server-facts.ts';
import { readStructure } from './catalog/structure.ts';
import { ControlSession, withSession } from './control-session.ts';
import { livenessTimings } from './liveness/liveness-timings.ts';
import { compareLsn, parseLsn } from './lsn.ts';
import type { OpenState } from './open-state.ts';
import { RelationRegistry } from './pgoutput/relation-registry.ts';
import { sourceError } from './postgres-source-errors.ts';
import { publicationNames } from './publication/publication-plan.ts';
import { readPublishedStorage } from './publication/published-storage.ts';
import { releaseSource } from './release-source.ts';
import type { Heartbeats } from './replication/batch-taker.ts';
import { identifySystem } from './replication/identify-system.ts';
import { logChanges } from './replication/log-changes.ts';
import { openChanges } from './replication/open-changes.ts';
import { proveTimeline } from './replication/prove-timeline.ts';
import { postgresBinary, WireFormat } from './replication/wire-format.ts';
import { readHead } from './slot/head.ts';
import { readRetention } from './slot/retention.ts';
import { copySessions } from './snapshot/copy-sessions.ts';
import {
  copyTable,
  copyTableExactly,
  planTable,
  type Reselected,
  reselectTable,
  type TableReader,
} from './snapshot/table-reader.ts';
import {
  type PostgresSourceOptions,
  type ResolvedOptions,
  resolveOptions,
  type SourceNames,
  sideOptions,
} from './source-options.ts';
import { validateSource } from './validation/validate-source.ts';
import { ValueForms } from './values/value-forms.ts';

const heartbeats: Heartbeats = { first: 100, every: 10_000 };

/** What tests may change. */
export interface SourceTuning {
  readonly heartbeats: Heartbeats;
}

export class PostgresSource<S> implements Source<S> {
  readonly name = 'postgres';
  readonly defaultSchema = 'public';
  readonly capabilities: Source['capabilities'];
  readonly #options: ResolvedOptions;
  readonly #tuning: SourceTuning;
  readonly #relations: RelationRegistry;
  readonly #narrowed: RelationRegistry;
  readonly #searchedTables = new Set<number>();
  readonly #wireFormat = new WireFormat();
  /** Of the log that was read over the connection before. */
  #timeline: number | null = null;
  #open: OpenState | null = null;
  #opening: ControlSession | null = null;
  #closing: Promise<void> = Promise.resolve();

  constructor(options: ResolvedOptions, tuning: SourceTuning) {
    this.#options = options;
    this.capabilities = {
      copy: 'exact',
      schemaChanges: options.ddl === 'inferred' ? 'inferred' : 'certain',
      rowFilters: true,
      keys: true,
      queries: true,
      startPoints: true,
      formats: [postgresBinary],
    };
    this.#relations = new RelationRegistry(new ValueForms(options.values));
    this.#narrowed = new RelationRegistry(new ValueForms(options.values));
    this.#tuning = tuning;
  }

  async open(context: SourceContext) {
    if (this.#open !== null || this.#opening !== null) throw sourceError('NOT_OPEN', 'The source is open already');
    const names = this.#names(context);
    const own = applicationName(context.streamId);
    const onLost = () => void this.#askWhetherServerEnds();
    const control = new ControlSession({ connection: this.#options.connection, applicationName: own, onLost });
    const closing = new AbortController();
    this.#opening = control;
    try {
      const server = await control.use(readServer, context.signal);
      const system =
        (await control.use(readSystem, context.signal)) ??
        (await identifySystem({ connection: this.#options.connection, applicationName: own, signal: context.signal }));
      if (this.#opening !== control) throw postgresErrorOf('CONNECTION_LOST', 'The source was closed');
      const reading = { started: false, reader: null };
      const sessions = copySessions({ connection: this.#options.connection, applicationName: own });
      this.#open = {
        context,
        names,
        applicationName: own,
        control,
        sessions,
        known: new Map(),
        server,
        closing,
        reading,
      };
      return { kind: 'postgres', id: `${system}/${server.database}/${names.slot}` };
    } catch (error) {
      await control.close();
      throw error;
    } finally {
      if (this.#opening === control) this.#opening = null;
    }
  }

  validate(context: SourceContext) {
    return validateSource({ options: this.#options, names: this.#names(context), context });
  }

  describe(context: SourceContext): Promise<readonly Relation[]> {
    const names = this.#names(context);
    return withSession(
      this.#session(context.streamId),
      (session, signal) => describeSource(session, context, { names, options: this.#options }, signal),
      context.signal,
    );
  }

  describeStructure(context: SourceContext, tables: readonly string[]) {
    return withSession(this.#session(context.streamId), readStructure(tables), context.signal);
  }

  async begin(begin: BeginContext): Promise<Position> {
    const { context, names, applicationName, control, server, closing } = this.#opened();
    const signal = AbortSignal.any([begin.signal, closing.signal]);
    const options = this.#options;
    return beginSource({ options, names, applicationName, control, server, context, begin: { ...begin, signal } });
  }

  async changes(after: Position, signal: AbortSignal): Promise<LogChanges<S>> {
    const open = this.#opened();
    const { reading, closing } = open;
    if (reading.started) throw sourceError('NOT_OPEN', 'The changes of this source are being read already');
    reading.started = true;
    const given = { ...open, after: parseLsn(after), signal: AbortSignal.any([signal, closing.signal]) };
    const { connection } = this.#options;
    const timeline = await proveTimeline({ ...given, connection, before: this.#timeline });
    const reader = await openChanges({
      ...given,
      options: this.#options,
      timings: livenessTimings(open.server.walSenderTimeout),
      heartbeats: this.#tuning.heartbeats,
      relations: this.#relations,
      searchedTables: this.#searchedTables,
      wireFormat: this.#wireFormat,
    });
    this.#timeline = timeline;
    if (this.#open !== open) {
      await reader.close();
      throw sourceError('NOT_OPEN', 'The source was closed');
    }
    reading.reader = reader;
    signal.addEventListener('abort', () => reader.stop(), { once: true });
    if (signal.aborted) reader.stop();
    return logChanges(reader);
  }

  async planCopy(table: string, count: number, signal: AbortSignal): Promise<CopyPlan> {
    return planTable(this.#tableReader(table, signal), count);
  }

  copy(request: CopyRequest, signal: AbortSignal): AsyncIterable<Chunk> {
    return copyTable(this.#tableReader(request.table, signal), request);
  }

  copyExactly(request: ExactCopyRequest, signal: AbortSignal): AsyncIterable<Chunk> {
    return copyTableExactly(this.#tableReader(request.table, signal), request);
  }

  async reselect(request: ReselectRequest, signal: AbortSignal): Promise<Reselected> {
    return reselectTable(this.#tableReader(request.table, signal), request);
  }

  async describeStorage(tables: readonly string[]) {
    const { control, names, server } = this.#opened();
    const { main, insert } = publicationNames(names.publication);
    const published = { publications: [main, insert], tables, version: server.version };
    return control.use((session, signal) => readPublishedStorage(session, published, signal));
  }

  acknowledge(position: Position): void {
    this.#open?.reading.reader?.confirm(parseLsn(position));
  }

  async head() {
    return this.#opened().control.use(readHead);
  }

  compare(a: Position, b: Position): -1 | 0 | 1 {
    return compareLsn(a, b);
  }

  distance(a: Position, b: Position): number {
    return Number(parseLsn(b) - parseLsn(a));
  }

  async retention(streamId: string) {
    const { slot } = this.#options.names(streamId);
    const { control } = this.#open ?? {};
    return control === undefined
      ? withSession(this.#session(streamId), (session, signal) => readRetention(session, slot, signal))
      : control.use((session, signal) => readRetention(session, slot, signal));
  }

  async release({ streamId, claimed, signal }: ReleaseContext): Promise<void> {
    const names = this.#options.names(streamId);
    const { isSide } = this.#options;
    return releaseSource({ ...this.#session(streamId), names, streamId, claimed, isSide, signal });
  }

  side(name: string): Source<S> {
    return new PostgresSource<S>(sideOptions(this.#options, name), this.#tuning);
  }

  close(): Promise<void> {
    const { control, reading, closing, sessions } = this.#open ?? {};
    const opening = this.#opening;
    this.#open = null;
    this.#opening = null;
    closing?.abort(postgresErrorOf('CONNECTION_LOST', 'The source was closed'));
    const ends = [this.#closing, opening?.close(), reading?.reader?.close(), sessions?.close(), control?.close()];
    this.#closing = Promise.allSettled(ends).then(() => {});
    return this.#closing;
  }

  /**
   * A server that shuts down ends plain connections first, and then waits for replication connections, one that we
   * have stopped to read included.
   */
  async #askWhetherServerEnds(): Promise<void> {
    const open = this.#open;
    const shuttingDown = (error: unknown) => {
      if (sqlstateOf(error) === '57P03') open?.reading.reader?.serverEnds();
    };
    await open?.control.use(readHead).catch(shuttingDown);
  }

  #session(streamId: string) {
    return { connection: this.#options.connection, applicationName: applicationName(streamId) };
  }

  #names({ streamId }: SourceContext): SourceNames {
    return this.#options.names(streamId);
  }

  #tableReader(table: string, signal: AbortSignal): TableReader {
    const open = this.#opened();
    const { connection, values } = this.#options;
    const either = AbortSignal.any([signal, open.closing.signal]);
    const relations = { relations: this.#relations, narrowed: this.#narrowed };
    return { ...open, ...relations, table, connection, values, signal: either };
  }

  #opened(): OpenState {
    if (this.#open === null) throw sourceError('NOT_OPEN', 'The source is not open');
    return this.#open;
  }
}

/** For tests, which cannot wait for as long as a server may. */
export const tunedPostgresSource = <S = Schema>(
  options: PostgresSourceOptions,
  tuning: SourceTuning,
): PostgresSource<S> => new PostgresSource<S>(resolveOptions(options), tuning);

/**
 * A PostgreSQL database (14 or newer) as a source: its logical replication stream, read with the plugin `pgoutput`.
 * `S` says what its rows look like, e.g. a kysely `Database`. Connects to nothing yet. Throws `INVALID_OPTIONS` with
 * every problem at once.
 */
export const postgresSource = <S = Schema>(options: PostgresSourceOptions): Source<S> =>
  tunedPostgresSource<S>(options, { heartbeats });
