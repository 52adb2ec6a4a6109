import type { Checkpoint, ConnectorEvent } from '@millrace/core';
import { resolveConnection, type ScriptSession } from '@millrace/mysql-client';
import { type AcquireOptions, acquireCheckpoint } from '../checkpoint/acquire-checkpoint.ts';
import { type Claim, saveCheckpoint } from '../checkpoint/checkpoint-sql.ts';
import { ensureCheckpointTable } from '../checkpoint/checkpoint-table.ts';
import { openSinkSession } from '../sink-session.ts';

interface Opened {
  readonly session: ScriptSession;
  readonly claim: Claim;
  readonly checkpoint: Checkpoint;
}

let processes = 0;

/** A process that runs a stream, as far as its checkpoint goes. */
export class StreamProcess implements AsyncDisposable {
  readonly events: ConnectorEvent[] = [];
  readonly schema: string;
  readonly streamId: string;
  readonly #url: string;
  readonly #prefix = `process ${++processes} `;
  readonly #sessions: ScriptSession[] = [];
  #opened: Opened | null = null;

  /** The checkpoints lie in the database `schema`. */
  constructor(url: string, schema: string, streamId = 'test') {
    this.#url = url;
    this.schema = schema;
    this.streamId = streamId;
  }

  get opened(): Opened {
    if (this.#opened === null) throw new Error('not open');
    return this.#opened;
  }

  get row() {
    return { schema: this.schema, streamId: this.streamId, sink: 'mysql' };
  }

  /** Another connection; it is cut with the process at the latest. */
  async connect(signal = new AbortController().signal): Promise<ScriptSession> {
    const connection = resolveConnection(this.#url);
    const session = await openSinkSession({ connection, streamId: this.streamId, signal });
    this.#sessions.push(session);
    return session;
  }

  async open(parts: Partial<AcquireOptions> = {}): Promise<Checkpoint> {
    const { signal } = parts.signal === undefined ? new AbortController() : { signal: parts.signal };
    const session = await this.connect(signal);
    const owner = `${this.#prefix}connection ${this.#sessions.length}`;
    await ensureCheckpointTable(session, this.schema, signal);
    const checkpoint = await acquireCheckpoint(session, {
      ...this.row,
      epoch: null,
      ownerPrefix: this.#prefix,
      owner,
      rowPatience: 50,
      patience: 10_000,
      report: (event) => this.events.push(event),
      signal,
      ...parts,
    });
    const claim = { schema: this.schema, stream: this.streamId, sink: 'mysql', epoch: checkpoint.epoch, owner };
    this.#opened = { session, claim, checkpoint };
    return checkpoint;
  }

  /** Opens again in the same run. */
  reopen(parts: Partial<AcquireOptions> = {}): Promise<Checkpoint> {
    return this.open({ epoch: this.opened.checkpoint.epoch, ...parts });
  }

  /** What moves the checkpoint. */
  moving(change: Partial<Checkpoint>): string {
    const { claim, checkpoint } = this.opened;
    return saveCheckpoint(claim, { ...checkpoint, ...change }, checkpoint);
  }

  /** Runs statements in a transaction that ends with the checkpoint; gives how many rows of checkpoints were met. */
  async write(change: Partial<Checkpoint>, statements: readonly string[] = []): Promise<number | undefined> {
    const all = ['START TRANSACTION', ...statements, this.moving(change), 'COMMIT'];
    const outcomes = await this.opened.session.script(all);
    return outcomes.at(-2)?.affectedRows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.close()));
  }
}
