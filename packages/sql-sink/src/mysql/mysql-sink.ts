import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  type Checkpoint,
  type Chunk,
  type Position,
  qualifiedName,
  type Relation,
  type SchemaPlan,
  type Sink,
  type SinkBatch,
  type SinkContext,
  type TableEvolution,
} from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import type { SequentialTransaction } from '../apply/sequential-transaction.ts';
import { sqlSinkError } from '../error-table.ts';
import { policiesOf, sidePolicies } from '../policies/target-policies.ts';
import { acquireCheckpoint } from './checkpoint/acquire-checkpoint.ts';
import { ensureCheckpointTable } from './checkpoint/checkpoint-table.ts';
import { deleteStoredCheckpoint, readStoredCheckpoint } from './checkpoint/stored-checkpoint.ts';
import { ChunkWriters } from './copy/chunk-writers.ts';
import { checkMysqlSinkOptions, type MysqlSinkOptions, type MysqlSinkSettings } from './mysql-sink-options.ts';
import { readServerLimits } from './server-limits.ts';
import { SinkConnection } from './sink-connection.ts';
import { defaultSinkLimits, type SinkLimits } from './sink-limits.ts';
import { openSinkSession } from './sink-session.ts';
import { readMysqlNames } from './target/mysql-types.ts';
import { planTarget } from './target/plan-target.ts';
import { TargetTables } from './target/target-tables.ts';
import { validateTarget } from './validation/validate-target.ts';

/** How long giving up a transaction may take, in milliseconds, before its connection is cut instead. */
const rollbackTimeout = 5_000;

const notOpen = () => sqlSinkError('SINK_NOT_OPEN', 'The sink is not open');

class MysqlSink implements Sink {
  readonly name: string;
  readonly capabilities: Sink['capabilities'];
  readonly #settings: MysqlSinkSettings;
  readonly #limits: SinkLimits;
  /** Every owner this sink writes into its checkpoint begins with it, and nobody else's does. */
  readonly #ownerPrefix = `${hostname()} ${process.pid} ${randomUUID()}`;
  readonly #sequential: SequentialTransaction = { id: null };
  #opened = 0;
  #closing = new AbortController();
  #tables: TargetTables | null = null;
  #connection: SinkConnection | null = null;
  #chunks: ChunkWriters | null = null;

  constructor(settings: MysqlSinkSettings, limits: SinkLimits) {
    this.name = settings.name;
    this.capabilities = {
      checkpoints: 'own',
      transactions: 'atomic',
      schemaChanges: true,
      formats: [],
      parallelChunks: limits.parallelChunks,
    };
    this.#settings = settings;
    this.#limits = limits;
  }

  validate(context: SinkContext) {
    return validateTarget(this.#settings, context);
  }

  async open(context: SinkContext): Promise<Checkpoint> {
    const closed = this.close();
    // Before any wait, so that a `close` right behind this call ends it.
    const closing = new AbortController();
    this.#closing = closing;
    await closed;
    const { streamId, report, reselect, relations, missingColumns, compare } = context;
    const { schema, name, conflict, missingRow } = this.#settings;
    const limits = this.#limits;
    const signal = AbortSignal.any([context.signal, closing.signal]);
    const owner = `${this.#ownerPrefix} ${++this.#opened}`;
    const openSession = (opening: AbortSignal) => this.#session(streamId, opening);
    const session = await openSession(signal);
    try {
      await ensureCheckpointTable(session, schema, signal);
      const checkpoint = await acquireCheckpoint(session, {
        schema,
        streamId,
        sink: name,
        epoch: context.epoch,
        ownerPrefix: this.#ownerPrefix,
        owner,
        rowPatience: limits.rowPatience,
        patience: limits.zombiePatience,
        report,
        signal,
      });
      const server = await readServerLimits(session, limits.loadedRows, signal);
      signal.throwIfAborted();
      const claim = { schema, stream: streamId, sink: name, epoch: checkpoint.epoch, owner };
      const names = await readMysqlNames(session, this.#settings, signal);
      const captured = new Set(relations.map((relation) => qualifiedName(names.of(relation))));
      const common = { claim, names, missingColumns, limits, report, server };
      this.#tables = new TargetTables({ settings: this.#settings, names, context, openSession });
      this.#chunks = new ChunkWriters({ ...common, openSession });
      this.#connection = new SinkConnection({
        ...common,
        session,
        checkpoint,
        policies: { conflict, missingRow },
        captured,
        reselect: reselect ?? null,
        compare,
        sequential: this.#sequential,
        made: (relation) =>
          policiesOf(this.#settings, relation).schemaPolicy === 'validate-existing' ? null : relation,
      });
      return checkpoint;
    } catch (error) {
      session.destroy();
      signal.throwIfAborted();
      throw error;
    }
  }

  plan(context: SinkContext): Promise<SchemaPlan> {
    return planTarget(this.#settings, context);
  }

  async prepare(
    relations: readonly Relation[],
    phase: 'snapshot' | 'handover' | 'stream',
    signal: AbortSignal,
  ): Promise<void> {
    const tables = this.#tables;
    if (tables === null) throw notOpen();
    if (phase === 'handover') return;
    const either = AbortSignal.any([signal, this.#closing.signal]);
    await this.#during(async (connection) => {
      await tables.prepare(connection, relations, phase, either);
      tables.follow(connection);
    });
  }

  async saveCheckpoint(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    await this.#during(async (connection) => {
      await connection.save(checkpoint, signal);
      this.#tables?.follow(connection);
    });
  }

  readCheckpoint(streamId: string, signal: AbortSignal): Promise<Checkpoint | null> {
    const row = { schema: this.#settings.schema, streamId, sink: this.name };
    return this.#once(streamId, signal, (session) => readStoredCheckpoint(session, row, signal));
  }

  deleteCheckpoint(streamId: string, signal: AbortSignal): Promise<void> {
    const row = { schema: this.#settings.schema, streamId, sink: this.name };
    return this.#once(streamId, signal, (session) => deleteStoredCheckpoint(session, row, signal));
  }

  write(batch: SinkBatch, signal: AbortSignal): Promise<void> {
    return this.#during((connection) => connection.write(batch, signal));
  }

  writeChunk(chunk: Chunk, signal: AbortSignal): Promise<void> {
    const chunks = this.#chunks;
    if (chunks === null) return Promise.reject(notOpen());
    return chunks.write(chunk, AbortSignal.any([signal, this.#closing.signal]));
  }

  discardCopy(relation: Relation, signal: AbortSignal): Promise<void> {
    return this.#during((connection) => connection.discardCopy(relation, signal));
  }

  evolve(evolutions: readonly TableEvolution[], signal: AbortSignal): Promise<void> {
    return this.#during((connection) => connection.evolve(evolutions, signal));
  }

  side(name: string): Sink {
    const own = { ...sidePolicies(this.#settings), structure: 'key-only', name: `${this.name}/side/${name}` } as const;
    return new MysqlSink(own, this.#limits);
  }

  mergeSide(checkpoint: Checkpoint, side: Checkpoint, signal: AbortSignal): Promise<void> {
    return this.#during((connection) => connection.mergeSide(checkpoint, side, signal));
  }

  recheck(relation: Relation, where: string | null, signal: AbortSignal): Promise<Position | null> {
    return this.#during((connection) => connection.recheck(relation, where, signal));
  }

  async settle(signal: AbortSignal): Promise<void> {
    await this.#tables?.settled(signal);
  }

  async rollback(): Promise<void> {
    if (this.#connection === null) return;
    const signal = AbortSignal.timeout(rollbackTimeout);
    await this.#during((connection) => connection.rollback(signal));
  }

  async close(): Promise<void> {
    this.#closing.abort(notOpen());
    const [connection, chunks, tables] = [this.#connection, this.#chunks, this.#tables];
    this.#connection = null;
    this.#chunks = null;
    this.#tables = null;
    await Promise.all([connection?.close(), chunks?.close(), tables?.close()]);
  }

  #session(streamId: string, signal: AbortSignal): Promise<ScriptSession> {
    const { rowPatience } = this.#limits;
    return openSinkSession({ connection: this.#settings.connection, streamId, rowPatience, signal });
  }

  /** Runs something on a session of its own. */
  async #once<T>(streamId: string, signal: AbortSignal, use: (session: ScriptSession) => Promise<T>): Promise<T> {
    const session = await this.#session(streamId, signal);
    try {
      return await use(session);
    } finally {
      await session.close();
    }
  }

  /** After any error the connection is gone, and nothing is written before `open`: what it wrote is not known. */
  async #during<T>(use: (connection: SinkConnection) => Promise<T>): Promise<T> {
    const connection = this.#connection;
    if (connection === null) throw notOpen();
    try {
      return await use(connection);
    } catch (error) {
      connection.destroy();
      if (this.#connection === connection) this.#connection = null;
      throw error;
    }
  }
}

/**
 * A MySQL or MariaDB database as a sink: each group's rows and checkpoint are committed in one transaction (invariant 2),
 * source transactions stay atomic and in order (invariant 4), but for those that change tables themselves: they are committed in
 * pieces around each change, because the server commits it by itself. Throws `INVALID_OPTIONS` with every problem at once.
 */
export const mysqlSink = (options: MysqlSinkOptions): Sink => mysqlSinkWith(options, {});

/** `mysqlSink` with other sizes and times, for tests. */
export const mysqlSinkWith = (options: MysqlSinkOptions, limits: Partial<SinkLimits>): Sink =>
  new MysqlSink(checkMysqlSinkOptions(options), { ...defaultSinkLimits, ...limits });
