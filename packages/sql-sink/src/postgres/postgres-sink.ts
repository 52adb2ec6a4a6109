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
import type { PostgresSession } from '@millrace/postgres-client';
import { sqlSinkError } from '../error-table.ts';
import { policiesOf, sidePolicies } from '../policies/target-policies.ts';
import { makesDefaults } from '../structure/structure-option.ts';
import { acquireCheckpoint } from './checkpoint/acquire-checkpoint.ts';
import { ensureCheckpointTable } from './checkpoint/checkpoint-table.ts';
import { deleteStoredCheckpoint, readStoredCheckpoint } from './checkpoint/stored-checkpoint.ts';
import { ChunkWriters } from './copy/chunk-writers.ts';
import {
  checkPostgresSinkOptions,
  type PostgresSinkOptions,
  type PostgresSinkSettings,
} from './postgres-sink-options.ts';
import { ensureDeadLetterTable } from './rejected/dead-letter-sql.ts';
import { KnownFaults } from './rejected/known-faults.ts';
import { RejectedRows } from './rejected/rejected-rows.ts';
import type { SequentialTransaction } from './sequential-transaction.ts';
import { SinkConnection } from './sink-connection.ts';
import { defaultSinkLimits, type SinkLimits } from './sink-limits.ts';
import {
  disableTriggers,
  mayMakeTemporaryTables,
  openSinkSession,
  requirePrimary,
  type SinkSessionOptions,
} from './sink-session.ts';
import { planTarget } from './target/plan-target.ts';
import { postgresNames } from './target/postgres-types.ts';
import { openTarget } from './target/target-database.ts';
import { TargetTables } from './target/target-tables.ts';
import { validateTarget } from './validation/validate-target.ts';
import { WriteModes } from './write/write-modes.ts';

/** How long giving up a transaction may take, in milliseconds, before its connection is cut instead. */
const rollbackTimeout = 5_000;

const notOpen = () => sqlSinkError('SINK_NOT_OPEN', 'The sink is not open');

class PostgresSink implements Sink {
  readonly name: string;
  readonly capabilities: Sink['capabilities'];
  readonly #settings: PostgresSinkSettings;
  readonly #limits: SinkLimits;
  readonly #modes: WriteModes;
  /** Every owner this sink writes into its checkpoint begins with it, and nobody else's does. */
  readonly #ownerPrefix = `${hostname()} ${process.pid} ${randomUUID()}`;
  readonly #sequential: SequentialTransaction = { id: null, faults: new KnownFaults() };
  readonly #rejected: RejectedRows;
  #opened = 0;
  #closing = new AbortController();
  #tables: TargetTables | null = null;
  #connection: SinkConnection | null = null;
  #chunks: ChunkWriters | null = null;

  constructor(settings: PostgresSinkSettings, limits: SinkLimits) {
    this.name = settings.name;
    this.capabilities = {
      checkpoints: 'own',
      transactions: 'atomic',
      schemaChanges: true,
      formats: ['postgres-binary', 'postgres-text'],
      parallelChunks: limits.parallelChunks,
    };
    this.#settings = settings;
    this.#limits = limits;
    this.#modes = new WriteModes(settings);
    this.#rejected = new RejectedRows(settings.rejectedRows);
  }

  copies(table: string) {
    return this.#modes.copies(table);
  }

  validate(context: SinkContext) {
    return validateTarget(this.#settings, this.#modes, context);
  }

  async open(context: SinkContext): Promise<Checkpoint> {
    const closed = this.close();
    // Before any wait, so that a `close` right behind this call ends it.
    const closing = new AbortController();
    this.#closing = closing;
    await closed;
    const { streamId, report, reselect } = context;
    const relations = context.relations.map((relation) => this.#modes.relation(relation));
    const { schema, name, conflict, missingRow, rejectedRows, createDatabase, structure } = this.#settings;
    const signal = AbortSignal.any([context.signal, closing.signal]);
    const owner = `${this.#ownerPrefix} ${++this.#opened}`;
    const names = postgresNames(this.#settings);
    const captured = new Set(relations.map((relation) => qualifiedName(names.of(relation))));
    const session = await openTarget(this.#sessionOptions(streamId, signal), createDatabase);
    try {
      await requirePrimary(session, signal);
      await disableTriggers(session, signal);
      await ensureCheckpointTable(session, schema, signal);
      if (rejectedRows.policy === 'dead-letter') await ensureDeadLetterTable(session, schema, signal);
      const checkpoint = await acquireCheckpoint(session, {
        schema,
        streamId,
        sink: name,
        epoch: context.epoch,
        ownerPrefix: this.#ownerPrefix,
        owner,
        patience: this.#limits.zombiePatience,
        report,
        signal,
      });
      const mayStage = await mayMakeTemporaryTables(session, signal);
      signal.throwIfAborted();
      const claim = { schema, stream: streamId, sink: name, epoch: checkpoint.epoch, owner };
      const openSession = (opening: AbortSignal) => this.#session(streamId, opening);
      this.#tables = new TargetTables({ settings: this.#settings, modes: this.#modes, names, context, openSession });
      this.#chunks = new ChunkWriters({
        openSession,
        claim,
        names,
        mayStage,
        missingColumns: context.missingColumns,
        limits: this.#limits,
        rejected: this.#rejected,
        report,
      });
      this.#connection = new SinkConnection({
        session,
        claim,
        checkpoint,
        policies: { conflict, missingRow },
        names,
        captured,
        mayStage,
        missingColumns: context.missingColumns,
        report,
        limits: this.#limits,
        reselect: this.#modes.reselect(reselect),
        compare: context.compare,
        relations,
        sequential: this.#sequential,
        rejected: this.#rejected,
        defaults: makesDefaults(structure),
        made: (relation) =>
          policiesOf(this.#settings, relation).schemaPolicy === 'validate-existing'
            ? null
            : this.#modes.relation(relation),
      });
      return checkpoint;
    } catch (error) {
      session.destroy();
      signal.throwIfAborted();
      throw error;
    }
  }

  plan(context: SinkContext): Promise<SchemaPlan> {
    return planTarget(this.#settings, this.#modes, context);
  }

  async prepare(
    relations: readonly Relation[],
    phase: 'snapshot' | 'handover' | 'stream',
    signal: AbortSignal,
  ): Promise<void> {
    const tables = this.#tables;
    if (tables === null) throw notOpen();
    const either = AbortSignal.any([signal, this.#closing.signal]);
    if (phase === 'handover') return tables.advanceSequences(relations, either);
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
    return this.#during((connection) => connection.write(this.#modes.batch(batch), signal));
  }

  writeChunk(chunk: Chunk, signal: AbortSignal): Promise<void> {
    const chunks = this.#chunks;
    if (chunks === null) return Promise.reject(notOpen());
    return chunks.write(this.#modes.chunk(chunk), AbortSignal.any([signal, this.#closing.signal]));
  }

  discardCopy(relation: Relation, signal: AbortSignal): Promise<void> {
    return this.#during((connection) => connection.discardCopy(this.#modes.relation(relation), signal));
  }

  evolve(evolutions: readonly TableEvolution[], signal: AbortSignal): Promise<void> {
    const written = evolutions.map(({ relation }) => this.#modes.relation(relation));
    return this.#during((connection) => connection.evolve(evolutions, written, signal));
  }

  side(name: string): Sink {
    const own = { ...sidePolicies(this.#settings), structure: 'key-only', name: `${this.name}/side/${name}` } as const;
    return new PostgresSink(own, this.#limits);
  }

  mergeSide(checkpoint: Checkpoint, side: Checkpoint, signal: AbortSignal): Promise<void> {
    return this.#during((connection) => connection.mergeSide(checkpoint, side, signal));
  }

  recheck(relation: Relation, where: string | null, signal: AbortSignal): Promise<Position | null> {
    return this.#during((connection) => connection.recheck(this.#modes.relation(relation), where, signal));
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
    if (connection !== null) await tables?.advanceLast();
  }

  #session(streamId: string, signal: AbortSignal): Promise<PostgresSession> {
    return openSinkSession(this.#sessionOptions(streamId, signal));
  }

  #sessionOptions(streamId: string, signal: AbortSignal): SinkSessionOptions {
    const { idleTransactionTimeout } = this.#limits;
    return { connection: this.#settings.connection, streamId, signal, idleTransactionTimeout };
  }

  /** Runs something on a session of its own. */
  async #once<T>(streamId: string, signal: AbortSignal, use: (session: PostgresSession) => Promise<T>): Promise<T> {
    await using session = await this.#session(streamId, signal);
    return await use(session);
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
 * A PostgreSQL database as a sink: each group's rows and checkpoint are committed in one transaction (invariant 2),
 * source transactions stay atomic and in order (invariant 4). Throws `INVALID_OPTIONS` with every problem at once.
 */
export const postgresSink = (options: PostgresSinkOptions): Sink => postgresSinkWith(options, {});

/** `postgresSink` with other sizes and times, for tests. */
export const postgresSinkWith = (options: PostgresSinkOptions, limits: Partial<SinkLimits>): Sink =>
  new PostgresSink(checkPostgresSinkOptions(options), { ...defaultSinkLimits, ...limits });
