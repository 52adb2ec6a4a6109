import type {
  BeginContext,
  LogChanges,
  LogStart,
  Position,
  Relation,
  Schema,
  Source,
  SourceContext,
  StartPoint,
} from '@millrace/core';
import { ControlSession, withSession } from './connection/control-session.ts';
import type { MysqlSession } from './connection/mysql-session.ts';
import { readHead } from './continuity/head.ts';
import { dumpStartOf, type LogPosition } from './continuity/log-position.ts';
import { readOldestPosition } from './continuity/oldest-position.ts';
import { proveReach } from './continuity/prove-reach.ts';
import { readRetention } from './continuity/retention.ts';
import { readServerFacts, type ServerFacts } from './continuity/server-facts.ts';
import { ChangeReader, type Heartbeats, logChanges } from './log/change-reader.ts';
import { LogDecoder } from './log/log-decoder.ts';
import { type Captures, captures, LoggedSchema, schemaOfState, schemaState } from './log/logged-schema.ts';
import { TableFormats } from './log/table-formats.ts';
import type { Ask } from './log-session.ts';
import { mysqlSourceError } from './mysql-source-errors.ts';
import { BinlogPosition, comparePositions } from './positions/binlog-position.ts';
import { dumpError } from './replication/dump-errors.ts';
import { DumpReader } from './replication/dump-reader.ts';
import { createReplicaIdentity, type ReplicaIdentity } from './replication/replica-identity.ts';
import { proveServerId } from './replication/server-id.ts';
import { describedRelation } from './rows/described-relation.ts';
import { bootstrapSchema } from './schema/bootstrap-schema.ts';
import type { SchemaScope } from './schema/model/schema-draft.ts';
import { readDefinitions } from './schema/read-definitions.ts';
import { readSchemaSettings } from './schema/read-schema-settings.ts';
import { type MysqlSourceOptions, type ResolvedOptions, resolveOptions } from './source-options.ts';
import { validateSource } from './validation/validate-source.ts';

const heartbeats: Heartbeats = { first: 100, every: 10_000 };

/** The most that may be held of transactions between `XA PREPARE` and their end. */
const maxPreparedBytes = 256 * 1024 * 1024;

interface Open {
  readonly context: SourceContext;
  readonly control: ControlSession;
  readonly server: ServerFacts;
  readonly identity: ReplicaIdentity;
  readonly closing: AbortController;
  reader: ChangeReader | null;
}

class MysqlSource<S> implements Source<S> {
  readonly name = 'mysql';
  readonly defaultSchema?: string;
  readonly capabilities: Source['capabilities'] = {
    copy: 'none',
    startPoints: true,
    formats: [],
  };
  readonly #options: ResolvedOptions;
  /** Kept over connections. */
  readonly #formats: TableFormats;
  #identity: ReplicaIdentity | null = null;
  #open: Open | null = null;
  #opening: ControlSession | null = null;
  #closing: Promise<void> = Promise.resolve();

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#formats = new TableFormats(options.zeroDates);
    if (options.connection.database !== null) this.defaultSchema = options.connection.database;
  }

  validate(context: SourceContext) {
    const { serverId, acceptCascades } = this.#options;
    return validateSource({ ...this.#session(context.streamId), serverId, acceptCascades, context });
  }

  describe(context: SourceContext): Promise<readonly Relation[]> {
    const isCaptured = this.#captures(context);
    return withSession(
      this.#session(context.streamId),
      async (session) => {
        const definitions = await readDefinitions(session, await this.#scope(session, context));
        return definitions
          .filter(({ schema, table }) => isCaptured(schema, table))
          .map((definition) => describedRelation(definition));
      },
      context.signal,
    );
  }

  async open(context: SourceContext) {
    if (this.#open !== null || this.#opening !== null) throw mysqlSourceError('NOT_OPEN', 'The source is open already');
    const control = new ControlSession(this.#session(context.streamId));
    this.#opening = control;
    try {
      const server = await control.use((session) => readServerFacts(session), context.signal);
      if (this.#opening !== control) throw mysqlSourceError('CONNECTION_LOST', 'The source was closed');
      this.#identity ??= createReplicaIdentity(context.streamId, this.#options.serverId);
      const closing = new AbortController();
      this.#open = { context, control, server, identity: this.#identity, closing, reader: null };
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
    return control.use(async (session) => {
      const scope = await this.#scope(session, context);
      const { position, model } = await bootstrapSchema(session, scope, () => startAt(session, server, from), signal);
      return { position: BinlogPosition.of(position.gtids, position.place).toString(), state: schemaState(model) };
    }, signal);
  }

  async changes(after: Position, signal: AbortSignal, state?: string): Promise<LogChanges<S>> {
    const open = this.#opened();
    const { control, server, context, identity, closing } = open;
    if (open.reader !== null) throw mysqlSourceError('NOT_OPEN', 'The changes of this source are being read already');
    const position = BinlogPosition.parse(after);
    const start = dumpStartOf(server, { gtids: position.gtids, place: position.place ?? { file: '', offset: 0 } });
    const either = AbortSignal.any([signal, closing.signal]);
    const ask: Ask = (use, asked) => control.use(use, asked);
    const model = await control.use(async (session) => {
      await proveReach(session, { server, start });
      await proveServerId(session, server, identity);
      return schemaOfState(state, await this.#scope(session, context));
    }, either);
    const dump = await DumpReader.open({
      connection: this.#options.connection,
      applicationName: this.#session(context.streamId).applicationName,
      identity,
      start,
      ask,
      signal: closing.signal,
    });
    const decoder = new LogDecoder({
      kind: server.kind,
      place: position.place ?? { file: '', offset: 0 },
      position,
      tables: new LoggedSchema(model, this.#formats, this.#captures(context)),
      limits: this.#options.limits,
      maxPreparedBytes,
    });
    const reader = new ChangeReader(dump, decoder, heartbeats);
    open.reader = reader;
    const stop = () => void reader.close();
    if (this.#open !== open || signal.aborted) {
      await reader.close();
      signal.throwIfAborted();
      throw mysqlSourceError('NOT_OPEN', 'The source was closed');
    }
    signal.addEventListener('abort', stop, { once: true });
    return logChanges(reader);
  }

  async head() {
    const { control, server } = this.#opened();
    return control.use(async (session) => {
      const { gtids, place, time } = await readHead(session, server);
      return { position: BinlogPosition.of(gtids, place).toString(), time };
    });
  }

  compare(a: Position, b: Position): -1 | 0 | 1 {
    return comparePositions(a, b);
  }

  async retention(streamId: string) {
    const read = async (session: MysqlSession) => {
      const server = await readServerFacts(session);
      const { kept, limit } = await readRetention(session, (await readHead(session, server)).place);
      return { bytes: kept, limit };
    };
    const { control } = this.#open ?? {};
    return control === undefined ? withSession(this.#session(streamId), read) : control.use(read);
  }

  close(): Promise<void> {
    const { control, closing, reader } = this.#open ?? {};
    const opening = this.#opening;
    this.#open = null;
    this.#opening = null;
    const end = async () => {
      // The reader still asks the server to end its dump.
      await reader?.close();
      closing?.abort(mysqlSourceError('CONNECTION_LOST', 'The source was closed'));
      await control?.close();
    };
    this.#closing = Promise.allSettled([this.#closing, opening?.close(), end()]).then(() => {});
    return this.#closing;
  }

  #session(streamId: string) {
    return { connection: this.#options.connection, applicationName: `millrace ${streamId}` };
  }

  #captures({ tables }: SourceContext): Captures {
    return captures(tables, this.#options.connection.database);
  }

  async #scope(session: MysqlSession, context: SourceContext): Promise<SchemaScope> {
    return {
      settings: await readSchemaSettings(session),
      databases: null,
      captured: this.#captures(context),
    };
  }

  #opened(): Open {
    if (this.#open === null) throw mysqlSourceError('NOT_OPEN', 'The source is not open');
    return this.#open;
  }
}

const startAt = async (session: MysqlSession, server: ServerFacts, from: StartPoint): Promise<LogPosition> => {
  if (from === 'latest') return readHead(session, server);
  if (from === 'earliest') return readOldestPosition(session, server);
  throw dumpError('START_NOT_POSSIBLE', 'Not built yet');
};

/**
 * A MySQL (8.0 or newer) or MariaDB (10.6 or newer) server as a source: its binlog, read as a replica reads it. `S` says what
 * its rows look like, e.g. a kysely `Database`. Connects to nothing yet. Throws `INVALID_OPTIONS` with every problem at once.
 */
export const mysqlSource = <S = Schema>(options: MysqlSourceOptions): Source<S> =>
  new MysqlSource<S>(resolveOptions(options));
