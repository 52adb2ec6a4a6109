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
import { acquireCheckpoint } from './checkpoint/acquire-checkpoint.ts';
import { ensureCheckpointTable } from './checkpoint/checkpoint-table.ts';
import { readPreparedTables } from './checkpoint/prepared-tables.ts';
import { deleteStoredCheckpoint, readStoredCheckpoint } from './checkpoint/stored-checkpoint.ts';
import { ChunkWriters } from './copy/chunk-writers.ts';
import { sqlSinkError } from './error-table.ts';
import { sidePolicies } from './policies/target-policies.ts';
import { wantedTable } from './policies/wanted-table.ts';
import {
  checkPostgresSinkOptions,
  type PostgresSinkOptions,
  type PostgresSinkSettings,
} from './postgres-sink-options.ts';
import { ensureDeadLetterTable } from './rejected/dead-letter-sql.ts';
import { KnownFaults } from './rejected/known-faults.ts';
import { RejectedRows } from './rejected/rejected-rows.ts';
import { advanceSequences } from './sequences/advance-sequences.ts';
import type { SequentialTransaction } from './sequential-transaction.ts';
import { SinkConnection } from './sink-connection.ts';
import { defaultSinkLimits, type SinkLimits } from './sink-limits.ts';
import { disableTriggers, mayMakeTemporaryTables, openSinkSession, type SinkSessionOptions } from './sink-session.ts';
import { StructureBuilder } from './structure/structure-builder.ts';
import { makesStructure } from './structure/structure-option.ts';
import { planTarget } from './target/plan-target.ts';
import { prepareTables } from './target/prepare-tables.ts';
import { requireEmpty } from './target/require-empty.ts';
import { requireNoStricter } from './target/require-no-stricter.ts';
import { openTarget } from './target/target-database.ts';
import { TargetNames } from './target/target-names.ts';
import { validateTarget } from './validation/validate-target.ts';
import { WriteModes } from './write/write-modes.ts';

/** How long giving up a transaction may take, in milliseconds, before its connection is cut instead. */
const rollbackTimeout = 5_000;

/** How long advancing sequences may take while the sink closes, in milliseconds. */
const sequencesTimeout = 3_000;

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
  #context: SinkContext | null = null;
  #names: TargetNames;
  #connection: SinkConnection | null = null;
  #chunks: ChunkWriters | null = null;
  #structure: StructureBuilder | null = null;

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
    this.#names = new TargetNames(settings);
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
    const relations = this.#written(context.relations);
    const { schema, name, conflict, missingRow, rejectedRows, createDatabase } = this.#settings;
    const signal = AbortSignal.any([context.signal, closing.signal]);
    const owner = `${this.#ownerPrefix} ${++this.#opened}`;
    const names = new TargetNames(this.#settings);
    const captured = new Set(relations.map((relation) => qualifiedName(names.of(relation))));
    const session = await openTarget(this.#sessionOptions(streamId, signal), createDatabase);
    try {
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
      this.#context = context;
      const option = this.#settings.structure;
      if (makesStructure(option))
        this.#structure = new StructureBuilder({ openSession, option, name: `${schema} ${streamId} ${name}`, context });
      this.#names = names;
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
    const context = this.#context;
    if (context === null) throw notOpen();
    const either = AbortSignal.any([signal, this.#closing.signal]);
    if (phase === 'handover') return this.#advanceSequences(context, relations, either);
    await this.#during(async ({ session, claim, isUntouched }) => {
      const prepared = phase === 'snapshot' ? await readPreparedTables(session, claim, either) : null;
      const written = this.#written(relations);
      const wanted = written.map((relation) =>
        wantedTable(
          this.#settings,
          this.#names,
          relation,
          (name) => prepared?.has(name) === false && isUntouched(relation),
        ),
      );
      await prepareTables(session, wanted, claim, context, either);
      this.#followStructure();
      if (phase !== 'snapshot') return;
      await requireEmpty(session, this.#named(written.filter(isUntouched)), either);
      await requireNoStricter(session, this.#named(written), either);
    });
  }

  async saveCheckpoint(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    await this.#during((connection) => connection.save(checkpoint, signal));
    this.#followStructure();
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
    return this.#during((connection) => connection.evolve(evolutions, signal));
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
    await this.#structure?.settled(signal);
  }

  async rollback(): Promise<void> {
    if (this.#connection === null) return;
    const signal = AbortSignal.timeout(rollbackTimeout);
    await this.#during((connection) => connection.rollback(signal));
  }

  async close(): Promise<void> {
    this.#closing.abort(notOpen());
    const [connection, chunks, context, structure] = [this.#connection, this.#chunks, this.#context, this.#structure];
    this.#connection = null;
    this.#chunks = null;
    this.#context = null;
    this.#structure = null;
    await Promise.all([connection?.close(), chunks?.close(), structure?.close()]);
    // Whoever stops a stream may insert at the target next.
    if (connection !== null && context !== null) await this.#advanceLast(context);
  }

  async #advanceSequences(
    { streamId, report }: SinkContext,
    relations: readonly Relation[],
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#settings.sequences === 'leave') return;
    await this.#once(streamId, signal, (session) => advanceSequences(session, this.#named(relations), report, signal));
  }

  #named(relations: readonly Relation[]): readonly Relation[] {
    return relations.map((relation) => this.#names.of(relation));
  }

  /** Never rejects: what was written is durable. */
  async #advanceLast(context: SinkContext): Promise<void> {
    await this.#advanceSequences(context, context.relations, AbortSignal.timeout(sequencesTimeout)).catch((error) =>
      context.report({
        type: 'warning',
        code: 'SEQUENCE_NOT_ADVANCED',
        message: `Sequences of the target were not advanced: ${error instanceof Error ? error.message : String(error)}`,
        details: {},
      }),
    );
  }

  #written(relations: readonly Relation[]): readonly Relation[] {
    return relations.map((relation) => this.#modes.relation(relation));
  }

  /** Tables that are live get what they lack, beside the stream. */
  #followStructure(): void {
    const [connection, context] = [this.#connection, this.#context];
    if (connection === null || context === null) return;
    // What the source says of a table does not hold for one with other names or rows.
    const same = (relation: Relation) => this.#modes.relation(relation) === relation && this.#names.keeps(relation);
    this.#structure?.follow(context.relations.filter(connection.isLive).filter(same));
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
