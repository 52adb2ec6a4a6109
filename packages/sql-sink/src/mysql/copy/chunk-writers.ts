import type { Chunk, SinkContext } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import type { MissingColumns } from '../../target/key-columns.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { takeCopyLock } from '../checkpoint/take-copy-lock.ts';
import { tablePlans } from '../target/table-plans.ts';
import { ChunkConnection, type ChunkConnectionOptions } from './chunk-connection.ts';

export interface ChunkWritersOptions extends Omit<ChunkConnectionOptions, 'session' | 'plans'> {
  readonly names: TargetNames;
  readonly missingColumns?: MissingColumns | undefined;
  readonly report: SinkContext['report'];
  readonly openSession: (signal: AbortSignal) => Promise<ScriptSession>;
}

/** A place for a connection, by whose number the server's other connections find it. */
interface Place {
  readonly number: number;
  connection: ChunkConnection | null;
}

/** The connections that write chunks between one `open` and the next: as many as are needed at once, each made when it is. */
export class ChunkWriters {
  readonly #options: ChunkWritersOptions;
  readonly #places: readonly Place[];
  readonly #free: Place[];

  constructor(options: ChunkWritersOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.limits.parallelChunks }, (_, number) => ({ number, connection: null }));
    this.#free = [...this.#places];
  }

  /** As `Sink.writeChunk`. The connection of a chunk that fails is gone with it. */
  async write(chunk: Chunk, signal: AbortSignal): Promise<void> {
    const place = this.#free.pop();
    if (place === undefined) throw new Error('More chunks are written at once than the sink has said');
    try {
      place.connection ??= await this.#open(place.number, signal);
      await place.connection.write(chunk, signal);
    } catch (error) {
      place.connection?.destroy();
      place.connection = null;
      throw error;
    } finally {
      this.#free.push(place);
    }
  }

  /** Ends all connections; the server gives up what was open. */
  async close(): Promise<void> {
    const connections = this.#places.map(({ connection }) => connection);
    for (const place of this.#places) place.connection = null;
    await Promise.all(connections.map((connection) => connection?.close()));
  }

  async #open(number: number, signal: AbortSignal): Promise<ChunkConnection> {
    const { openSession, claim, names, missingColumns, limits, report } = this.#options;
    const session = await openSession(signal);
    try {
      const deadline = performance.now() + limits.zombiePatience;
      await takeCopyLock(session, claim, number, { deadline, report, signal });
      signal.throwIfAborted();
    } catch (error) {
      session.destroy();
      throw error;
    }
    const plans = tablePlans(names, missingColumns);
    return new ChunkConnection({ ...this.#options, plans, session });
  }
}
