import { type Chunk, qualifiedName } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { markCopying } from '../checkpoint/copying-backends.ts';
import { disableTriggers } from '../sink-session.ts';
import { ChunkConnection, type ChunkConnectionOptions } from './chunk-connection.ts';

export interface ChunkWritersOptions extends Omit<ChunkConnectionOptions, 'session'> {
  readonly openSession: (signal: AbortSignal) => Promise<PostgresSession>;
}

/** From so many chunks of a table in a row on that meet rows which are there, they are expected to. */
const muchInTheWay = 2;

/**
 * Chunks need not wait for the disk: a crash of the server loses one only together with its progress, and with every
 * later commit. The checkpoint that calls a table copied is such a one, and waits (invariant 1).
 */
const withoutWaiting = 'SET synchronous_commit = off';

/** The connections that write chunks between one `open` and the next: as many as are needed at once, each made when it is. */
export class ChunkWriters {
  readonly #options: ChunkWritersOptions;
  readonly #connections = new Set<ChunkConnection>();
  readonly #idle: ChunkConnection[] = [];
  /** How many chunks of a table in a row have met rows in their way. */
  readonly #inTheWay = new Map<string, number>();

  constructor(options: ChunkWritersOptions) {
    this.#options = options;
  }

  /** As `Sink.writeChunk`. The connection of a chunk that fails is gone with it. */
  async write(chunk: Chunk, signal: AbortSignal): Promise<void> {
    const connection = this.#idle.pop() ?? (await this.#open(signal));
    const table = qualifiedName(chunk.relation);
    const before = this.#inTheWay.get(table) ?? 0;
    try {
      const first = before < muchInTheWay || !this.#options.mayStage ? 'plain' : 'staged';
      const way = await connection.write(chunk, first, signal);
      this.#inTheWay.set(table, way === 'plain' ? 0 : before + 1);
      this.#idle.push(connection);
    } catch (error) {
      connection.destroy();
      this.#connections.delete(connection);
      throw error;
    }
  }

  /** Ends all connections; the server gives up what was open. */
  async close(): Promise<void> {
    const connections = [...this.#connections];
    this.#connections.clear();
    this.#idle.length = 0;
    await Promise.all(connections.map((connection) => connection.close()));
  }

  async #open(signal: AbortSignal): Promise<ChunkConnection> {
    const session = await this.#options.openSession(signal);
    try {
      await disableTriggers(session, signal);
      await session.query(withoutWaiting, [], { signal, doing: 'prepare a connection for copies' });
      await session.query(markCopying(this.#options.claim), [], { signal, doing: 'prepare a connection for copies' });
      signal.throwIfAborted();
    } catch (error) {
      session.destroy();
      throw error;
    }
    const connection = new ChunkConnection({ ...this.#options, session });
    this.#connections.add(connection);
    return connection;
  }
}
