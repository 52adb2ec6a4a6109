import { type PostgresConnection, quoteLiteral, quoteQualified } from '@millrace/postgres-client';
import { CopySession } from './copy-session.ts';
import type { Heap } from './heaps.ts';

export interface SnapshotSessionsOptions {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
  /** The name of the exported snapshot, which must stay there to be imported. */
  readonly snapshot: string;
  /** What is read: it may not be rewritten meanwhile. */
  readonly heaps: readonly Heap[];
}

/** Connections that all see what one exported snapshot sees (PostgreSQL manual, "SET TRANSACTION SNAPSHOT"). */
export class SnapshotSessions implements AsyncDisposable {
  readonly #options: SnapshotSessionsOptions;
  readonly #open = new Set<CopySession>();
  readonly #idle: CopySession[] = [];

  constructor(options: SnapshotSessionsOptions) {
    this.#options = options;
  }

  async take(signal: AbortSignal): Promise<CopySession> {
    signal.throwIfAborted();
    return this.#idle.pop() ?? (await this.#begin(signal));
  }

  giveBack(session: CopySession): void {
    this.#idle.push(session);
  }

  /** Cuts one that is in the middle of something. */
  discard(session: CopySession): void {
    this.#open.delete(session);
    session.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map(({ plain }) => plain.close()));
  }

  async #begin(signal: AbortSignal): Promise<CopySession> {
    const { snapshot, heaps } = this.#options;
    const session = await CopySession.open({ ...this.#options, signal });
    this.#open.add(session);
    const tables = heaps.map(({ schema, table }) => `ONLY ${quoteQualified(schema, table)}`);
    const statements = [
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
      `SET TRANSACTION SNAPSHOT ${quoteLiteral(snapshot)}`,
      `LOCK TABLE ${tables.join(', ')} IN ACCESS SHARE MODE`,
    ];
    await session.plain.script(statements.join('; '), { signal, doing: 'read a table as it was at one position' });
    return session;
  }
}
