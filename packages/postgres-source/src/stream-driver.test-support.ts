import type {
  Change,
  ChangeBatch,
  ConnectorEvent,
  Operation,
  Position,
  Schema,
  SelectedTable,
  SourceContext,
  StartPoint,
} from '@millrace/core';
import { type PostgresSource, tunedPostgresSource } from './postgres-source.ts';
import type { PostgresSourceOptions } from './source-options.ts';

export interface DriverOptions extends PostgresSourceOptions {
  readonly streamId?: string;
  readonly tables?: readonly (string | SelectedTable)[];
  readonly heartbeatEvery?: number;
  readonly formats?: readonly string[];
  readonly copies?: boolean;
}

const operations: readonly Operation[] = ['insert', 'update', 'delete', 'truncate'];
/** Milliseconds that no test lasts: a test that means a batch of changes would mistake a position alone for it. */
const never = 3_600_000;
const qualified = (name: string): string => (name.includes('.') ? name : `public.${name}`);

/** Plays the part of the stream for one source: opens it, begins, reads, acknowledges. For tests. */
export class StreamDriver implements AsyncDisposable {
  readonly source: PostgresSource<Schema>;
  readonly events: ConnectorEvent[] = [];
  readonly abort = new AbortController();
  readonly context: SourceContext;
  claims = 0;

  constructor(given: DriverOptions) {
    const { streamId = 'shop', tables = [], heartbeatEvery = never, formats = [], copies = false, ...options } = given;
    const heartbeats = { first: heartbeatEvery, every: heartbeatEvery };
    this.source = tunedPostgresSource<Schema>(options, { heartbeats });
    this.context = {
      streamId,
      tables: tables.map((table) =>
        typeof table === 'string' ? { name: qualified(table), operations } : { ...table, name: qualified(table.name) },
      ),
      formats,
      copies,
      logger: { info() {}, warn() {}, error() {} },
      report: (event) => this.events.push(event),
      signal: this.abort.signal,
    };
  }

  begin(claimed = false, copies = false, from?: StartPoint): Promise<Position> {
    const claim = async () => {
      this.claims += 1;
    };
    const disclaim = async () => {
      this.claims -= 1;
    };
    const { signal } = this.abort;
    return this.source.begin({ claimed, copies, claim, disclaim, signal, ...(from === undefined ? {} : { from }) });
  }

  /** Opens the source and makes what it reads from. */
  async start(): Promise<Position> {
    await this.source.open(this.context);
    return this.begin();
  }

  read(after: Position): AsyncIterator<ChangeBatch> {
    return batchesOf(this.source.changes(after, this.abort.signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort.abort();
    await this.source.close();
  }
}

export const nextBatch = async (batches: AsyncIterator<ChangeBatch>): Promise<ChangeBatch> => {
  const { value, done } = await batches.next();
  if (done) throw new Error('the changes ended');
  return value;
};

/** The next batch that has changes: the server may ask for a position at any time, and is given one by itself. */
export const nextChanges = async (batches: AsyncIterator<ChangeBatch>): Promise<ChangeBatch> => {
  for (;;) {
    const batch = await nextBatch(batches);
    if (batch.changes.length > 0) return batch;
  }
};

/** Reads until a change satisfies `until`; returns every change up to there and the last position. */
export const readUntil = async (
  batches: AsyncIterator<ChangeBatch>,
  until: (change: Change) => boolean,
): Promise<{ readonly changes: readonly Change[]; readonly position: Position }> => {
  const changes: Change[] = [];
  for (;;) {
    const batch = await nextBatch(batches);
    changes.push(...batch.changes);
    if (batch.position !== null && changes.some(until)) return { changes, position: batch.position };
  }
};

async function* batchesOf(changes: Promise<AsyncIterable<ChangeBatch>>): AsyncGenerator<ChangeBatch> {
  yield* await changes;
}
