import type {
  BeginContext,
  Chunk,
  CopyPlan,
  CopyRequest,
  ExactCopyRequest,
  LogChanges,
  LogStart,
  Position,
  Relation,
  ReselectRequest,
  Schema,
  Source,
  SourceContext,
  StartPoint,
} from '@millrace/core';
import { mysqlErrorOf } from '@millrace/mysql-client';
import { ControlSession, withSession } from './connection/control-session.ts';
import { readHead } from './continuity/head.ts';
import type { LogPosition } from './continuity/log-position.ts';
import type { ReadBefore } from './continuity/prove-not-lost.ts';
import { readServerFacts, type ServerFacts } from './continuity/server-facts.ts';
import { resolveLogStart } from './continuity/start-position.ts';
import { readVisiblePosition } from './continuity/visible-start.ts';
import { defaultPatience } from './liveness/dump-timings.ts';
import { captures } from './log/captures.ts';
import { type ChangeReader, type Heartbeats, logChanges } from './log/change-reader.ts';
import { schemaOfState, schemaState } from './log/logged-schema.ts';
import { noHistory, nowhere, openChanges } from './log/open-changes.ts';
import { TableFormats } from './log/table-formats.ts';
import type { Ask, LogSession } from './log-session.ts';
import { mysqlSourceError } from './mysql-source-errors.ts';
import { BinlogPosition, comparePositions } from './positions/binlog-position.ts';
import { DumpReader } from './replication/dump-reader.ts';
import type { DumpStart } from './replication/dump-start.ts';
import { createReplicaIdentity, type ReplicaIdentity } from './replication/replica-identity.ts';
import { describedRelation } from './rows/described-relation.ts';
import { bootstrapSchema, readWholeSchema } from './schema/bootstrap-schema.ts';
import { followedDatabases } from './schema/followed-databases.ts';
import type { SchemaScope } from './schema/model/schema-draft.ts';
import { readSchemaSettings } from './schema/read-schema-settings.ts';
import { type CopySessions, copySessions } from './snapshot/copy-sessions.ts';
import {
  copyTable,
  copyTableExactly,
  type Known,
  planTable,
  type Reselected,
  reselectTable,
  type TableReader,
} from './snapshot/table-reader.ts';
import { type MysqlSourceOptions, type ResolvedOptions, resolveOptions } from './source-options.ts';
import { readStructure } from './structure/read-structure.ts';
import { CutOffTransactions } from './transactions/cut-off-transactions.ts';
import { validateSource } from './validation/validate-source.ts';

const heartbeats: Heartbeats = { first: 100, every: 10_000 };

interface Open {
  readonly context: SourceContext;
  readonly control: ControlSession;
  readonly server: ServerFacts;
  readonly identity: ReplicaIdentity;
  readonly closing: AbortController;
  /** For tables that are read beside the log. */
  readonly sessions: CopySessions;
  readonly known: Known;
  isRead: boolean;
  reader: ChangeReader | null;
}

class MysqlSource<S> implements Source<S> {
  readonly name = 'mysql';
  readonly defaultSchema?: string;
  readonly capabilities: Source['capabilities'] = {
    copy: 'exact',
    schemaChanges: 'certain',
    startPoints: true,
    formats: [],
  };
  readonly #options: ResolvedOptions;
  readonly #patience: number;
  /** Kept over connections. */
  readonly #formats: TableFormats;
  readonly #cutOff = new CutOffTransactions();
  #readBefore: ReadBefore | null = null;
  #identity: ReplicaIdentity | null = null;
  #open: Open | null = null;
  #opening: ControlSession | null = null;
  #closing: Promise<void> = Promise.resolve();

  constructor(options: ResolvedOptions, patience: number) {
    this.#options = options;
    this.#patience = patience;
    this.#formats = new TableFormats(options.zeroDates);
    if (options.connection.database !== null) this.defaultSchema = options.connection.database;
  }

  validate(context: SourceContext) {
    const { serverId, acceptCascades } = this.#options;
    return validateSource({ ...this.#session(context.streamId), serverId, acceptCascades, context });
  }

  describe(context: SourceContext, state?: string): Promise<readonly Relation[]> {
    return withSession(
      this.#session(context.streamId),
      async (session) => {
        const scope = await this.#scope(session, context);
        const isKnown = state !== undefined && state !== noHistory;
        const model = isKnown ? schemaOfState(state, scope) : await readWholeSchema(session, scope, context.signal);
        return model
          .definitions()
          .filter(({ schema, table }) => scope.captured(schema, table))
          .map((definition) => describedRelation(definition));
      },
      context.signal,
    );
  }

  describeStructure(context: SourceContext, tables: readonly string[]) {
    return withSession(this.#session(context.streamId), readStructure(tables), context.signal);
  }

  async open(context: SourceContext) {
    if (this.#open !== null || this.#opening !== null) throw mysqlSourceError('NOT_OPEN', 'The source is open already');
    const control = new ControlSession(this.#session(context.streamId));
    this.#opening = control;
    try {
      const server = await control.use((session) => readServerFacts(session), context.signal);
      if (this.#opening !== control) throw mysqlErrorOf('CONNECTION_LOST', 'The source was closed');
      this.#identity ??= createReplicaIdentity(context.streamId, this.#options.serverId);
      const closing = new AbortController();
      const sessions = copySessions(this.#session(context.streamId));
      const known = { settings: null, tables: new Map() };
      const tables = { sessions, known };
      this.#open = {
        context,
        control,
        server,
        identity: this.#identity,
        closing,
        ...tables,
        isRead: false,
        reader: null,
      };
      // A position of GTIDs holds on every server of the topology; that it does is proved before anything is read.
      return { kind: server.kind, id: server.hasGtids ? 'gtid' : server.identity };
    } catch (error) {
      await control.close();
      throw error;
    } finally {
      if (this.#opening === control) this.#opening = null;
    }
  }

  async begin({ from = 'latest', signal: given }: BeginContext): Promise<LogStart> {
    const { control, server, context, closing } = this.#opened();
    const signal = AbortSignal.any([given, closing.signal]);
    if (from !== 'latest') return { position: textOf(await this.#startAt(from, signal)), state: noHistory };
    return control.use(async (session) => {
      const scope = await this.#scope(session, context);
      const readPosition = () => readVisiblePosition(session, server);
      const { position, model } = await bootstrapSchema(session, scope, readPosition, signal);
      return { position: textOf(position), state: schemaState(model) };
    }, signal);
  }

  async changes(after: Position, signal: AbortSignal, state?: string): Promise<LogChanges<S>> {
    const open = this.#opened();
    const { control, server, context, identity, closing } = open;
    if (open.isRead) throw mysqlSourceError('NOT_OPEN', 'The changes of this source are being read already');
    open.isRead = true;
    const reader = await openChanges({
      ...this.#session(context.streamId),
      identity,
      server,
      after,
      state,
      ask: (use, asked) => control.use(use, asked),
      readScope: (session) => this.#scope(session, context),
      formats: this.#formats,
      cutOff: this.#cutOff,
      readBefore: this.#readBefore,
      limits: this.#options.limits,
      heartbeats,
      patience: this.#patience,
      signal: AbortSignal.any([signal, closing.signal]),
      closing: closing.signal,
    });
    if (this.#open !== open || signal.aborted) {
      await reader.close();
      signal.throwIfAborted();
      throw mysqlSourceError('NOT_OPEN', 'The source was closed');
    }
    open.reader = reader;
    signal.addEventListener('abort', () => void reader.close(), { once: true });
    return logChanges(reader);
  }

  planCopy(table: string, count: number, signal: AbortSignal): Promise<CopyPlan> {
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

  async head() {
    const { control, server } = this.#opened();
    return control.use(async (session) => {
      const { gtids, place, time } = await readHead(session, server);
      return { position: textOf({ gtids, place }), time };
    });
  }

  compare(a: Position, b: Position): -1 | 0 | 1 {
    return comparePositions(a, b);
  }

  side(_name: string): Source<S> {
    // An id that was given is this one's; nothing is left behind that a name would have to tell.
    return new MysqlSource<S>({ ...this.#options, serverId: undefined }, this.#patience);
  }

  close(): Promise<void> {
    const { control, closing, reader, sessions, server } = this.#open ?? {};
    if (reader && server) this.#readBefore = { server: server.identity, place: reader.place };
    const opening = this.#opening;
    this.#open = null;
    this.#opening = null;
    const end = async () => {
      // The reader still asks the server to end its dump.
      await reader?.close();
      closing?.abort(mysqlErrorOf('CONNECTION_LOST', 'The source was closed'));
      await control?.close();
    };
    this.#closing = Promise.allSettled([this.#closing, opening?.close(), sessions?.close(), end()]).then(() => {});
    return this.#closing;
  }

  #startAt(from: Exclude<StartPoint, 'latest'>, signal: AbortSignal): Promise<LogPosition> {
    const { server, identity, control, context } = this.#opened();
    const ask: Ask = (use, asked) => control.use(use, asked);
    const search = {
      ask,
      server,
      signal,
      openLog: (start: DumpStart) =>
        DumpReader.open({ ...this.#session(context.streamId), identity, start, ask, signal, endsAtHead: true }),
    };
    if (typeof from === 'string' || !('position' in from)) return resolveLogStart(from, search);
    const { gtids, place } = BinlogPosition.parse(from.position);
    return resolveLogStart({ position: { gtids, place: place ?? nowhere } }, search);
  }

  #session(streamId: string) {
    return { connection: this.#options.connection, applicationName: `millrace ${streamId}` };
  }

  async #scope(session: LogSession, context: SourceContext): Promise<SchemaScope> {
    return {
      settings: await readSchemaSettings(session),
      followed: followedDatabases(context.tables, this.#options.connection.database),
      captured: captures(context.tables, this.#options.connection.database),
    };
  }

  #tableReader(table: string, signal: AbortSignal): TableReader {
    const open = this.#opened();
    const either = AbortSignal.any([signal, open.closing.signal]);
    return { ...open, table, zeroDates: this.#options.zeroDates, signal: either };
  }

  #opened(): Open {
    if (this.#open === null) throw mysqlSourceError('NOT_OPEN', 'The source is not open');
    return this.#open;
  }
}

const textOf = ({ gtids, place }: LogPosition): Position => BinlogPosition.of(gtids, place).toString();

/**
 * A MySQL (8.0 or newer) or MariaDB (10.5 or newer) server as a source: its binlog, read as a replica reads it. `S` says what
 * its rows look like, e.g. a kysely `Database`. Connects to nothing yet. Throws `INVALID_OPTIONS` with every problem at once.
 */
export const mysqlSource = <S = Schema>(options: MysqlSourceOptions): Source<S> =>
  mysqlSourceWith(options, defaultPatience);

/** `mysqlSource` whose server waits for so many seconds while the stream takes nothing, for tests. */
export const mysqlSourceWith = <S = Schema>(options: MysqlSourceOptions, patience: number): Source<S> =>
  new MysqlSource<S>(resolveOptions(options), patience);
