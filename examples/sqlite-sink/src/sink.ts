import {
  type Checkpoint,
  type Chunk,
  qualifiedName,
  type RangeProgress,
  type Relation,
  type Sink,
  type SinkBatch,
  type SinkContext,
  type Transaction,
} from '@millrace/core';
import type { Database } from 'sql.js';
import { applyBatch } from './sqlite-changes.ts';
import { acquire, assertCurrent, deleteCheckpoint, readCheckpoint, saveCheckpoint } from './sqlite-checkpoints.ts';
import type { SqliteFile } from './sqlite-file.ts';
import { createTable, dropTable, putRow } from './sqlite-rows.ts';

interface Connection {
  readonly context: SinkContext;
  readonly epoch: number;
  /** Aborted by `close`. */
  readonly closing: AbortController;
}

/** Writes rows and checkpoint into one SQLite file: each group is there once, with all of it. */
export const sqliteSink = (file: SqliteFile): Sink => new SqliteSink(file);

class SqliteSink implements Sink {
  readonly name = 'sqlite';
  readonly capabilities = {
    checkpoints: 'own',
    transactions: 'whole',
    schemaChanges: false,
    formats: [],
    parallelChunks: 1,
  } as const;
  readonly #file: SqliteFile;
  #connection: Connection | null = null;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  async validate({ relations }: SinkContext) {
    const keyless = relations.filter(({ key }) => key === null).map(qualifiedName);
    const items = keyless.map((table) => ({
      code: 'KEY_MISSING',
      state: 'failed' as const,
      level: 'error' as const,
      path: null,
      message: `${table} has no key by which its rows could be found`,
      fix: `Give ${table} a primary key, or leave it out.`,
    }));
    return { items };
  }

  async open(context: SinkContext): Promise<Checkpoint> {
    await this.close();
    const closing = new AbortController();
    const signal = AbortSignal.any([context.signal, closing.signal]);
    this.#connection = { context, epoch: 0, closing };
    if (context.epoch === null) await this.#file.take(signal);
    const checkpoint = await this.#file.change(signal, async (database) =>
      acquire(database, context.streamId, this.name, context.epoch),
    );
    signal.throwIfAborted();
    this.#connection = { context, epoch: checkpoint.epoch, closing };
    return checkpoint;
  }

  async prepare(relations: readonly Relation[], _phase: string, signal: AbortSignal) {
    await this.#change(signal, async (database) => {
      for (const relation of relations) createTable(database, relation);
    });
  }

  async write(batch: SinkBatch, signal: AbortSignal) {
    await this.#change(signal, async (database, context, aborted) => {
      if (batch.checkpoint === null) throw new TypeError('Transactions come as a whole');
      saveCheckpoint(database, await applyBatch(database, batch, batch.checkpoint, context, aborted));
    });
  }

  async writeTransaction(
    _transaction: Transaction,
    parts: AsyncIterable<SinkBatch>,
    checkpoint: Checkpoint,
    signal: AbortSignal,
  ) {
    await this.#change(signal, async (database, context, aborted) => {
      let reached = checkpoint;
      for await (const part of parts) {
        aborted.throwIfAborted();
        reached = await applyBatch(database, part, reached, context, aborted);
      }
      saveCheckpoint(database, reached);
    });
  }

  async saveCheckpoint(checkpoint: Checkpoint, signal: AbortSignal) {
    await this.#change(signal, async (database) => saveCheckpoint(database, checkpoint));
  }

  async writeChunk({ relation, rows, progress }: Chunk, signal: AbortSignal) {
    await this.#changeCopy(relation, signal, (database, ranges) => {
      createTable(database, relation);
      for (const row of rows) putRow(database, row);
      const { from, to } = progress.range;
      return ranges.map((one) => (one.range.from === from && one.range.to === to ? progress : one));
    });
  }

  async discardCopy(relation: Relation, signal: AbortSignal) {
    await this.#changeCopy(relation, signal, (database) => {
      dropTable(database, relation);
      return [];
    });
  }

  async readCheckpoint(streamId: string, signal: AbortSignal) {
    signal.throwIfAborted();
    return this.#file.read((database) => readCheckpoint(database, streamId, this.name));
  }

  async deleteCheckpoint(streamId: string, signal: AbortSignal) {
    await this.#file.change(signal, async (database) => deleteCheckpoint(database, streamId, this.name));
  }

  /** Nothing is open between two calls. */
  async rollback() {}

  async close() {
    this.#connection?.closing.abort(new Error('The sink is closed'));
    this.#connection = null;
  }

  /** The progress of a copy is part of the checkpoint. */
  #changeCopy(
    relation: Relation,
    signal: AbortSignal,
    work: (database: Database, ranges: readonly RangeProgress[]) => readonly RangeProgress[],
  ): Promise<void> {
    return this.#change(signal, async (database, { streamId }) => {
      const checkpoint = readCheckpoint(database, streamId, this.name);
      const table = qualifiedName(relation);
      const progress = checkpoint?.tables[table];
      const ranges = work(database, progress?.ranges ?? []);
      if (checkpoint === null || progress === undefined) return;
      const tables = { ...checkpoint.tables, [table]: { ...progress, ranges } };
      saveCheckpoint(database, { ...checkpoint, tables });
    });
  }

  /** A transaction of this connection. */
  async #change(
    signal: AbortSignal,
    work: (database: Database, context: SinkContext, signal: AbortSignal) => Promise<void>,
  ) {
    const connection = this.#connection;
    if (connection === null) throw new Error('The sink is closed');
    const { context, epoch, closing } = connection;
    const either = AbortSignal.any([signal, closing.signal]);
    await this.#file.change(either, async (database) => {
      assertCurrent(database, { streamId: context.streamId, sink: this.name, epoch });
      await work(database, context, either);
    });
  }
}
