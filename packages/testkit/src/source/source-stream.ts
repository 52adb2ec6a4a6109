import assert from 'node:assert/strict';
import type { ChangeBatch, Position, Source, SourceContext, SourceIdentity, StartPoint } from '@millrace/core';
import type { FaultInjector, InjectedFault } from '../faults/fault-injector.ts';
import { patience, within } from '../within.ts';
import { checkBatch } from './check-batch.ts';
import { type ReadChange, readChange } from './origin-changes.ts';
import type { SourceWorld } from './source-world.ts';

export interface SourceStreamOptions {
  readonly connect: () => Source;
  readonly world: SourceWorld;
  readonly injector: FaultInjector;
  /** What is read counts as durable at once, and is acknowledged. Default: true. */
  readonly acknowledges?: boolean;
}

const operations = ['insert', 'update', 'delete', 'truncate'] as const;

/** Plays the part of a stream for a source: opens it, reads, and after a failure goes on from what was whole. */
export class SourceStream {
  readonly #options: SourceStreamOptions;
  source: Source;
  identity: SourceIdentity | null = null;
  position: Position | null = null;
  /** Of whole transactions, in the order they came. */
  readonly changes: ReadChange[] = [];
  /** Every position, with how many changes came before it. */
  readonly positions: { readonly position: Position; readonly count: number }[] = [];
  #pending: ReadChange[] = [];
  #open: ChangeBatch | null = null;
  #batches: AsyncIterator<ChangeBatch> | null = null;
  #reading = new AbortController();
  /** Of processes that are gone without a word. */
  readonly #left: AbortController[] = [];
  #isOpen = false;
  #claimed = false;

  constructor(options: SourceStreamOptions) {
    this.#options = options;
    this.source = options.connect();
  }

  context(signal: AbortSignal, copies = false): SourceContext {
    return {
      streamId: 'testkit',
      tables: [{ name: this.#options.world.table.name, operations }],
      formats: [],
      copies,
      logger: { info() {}, warn() {}, error() {} },
      report: () => {},
      signal,
    };
  }

  open(): Promise<void> {
    return this.#insist(async (signal) => {
      if (!this.#isOpen) await this.#call(signal, () => this.#connect(signal));
    });
  }

  /** Opens the source, and makes the log readable where there is no position yet. */
  async start(copies = false): Promise<void> {
    await this.open();
    if (this.position !== null) return;
    this.position = await this.#insist((signal) => this.#call(signal, () => this.begin(signal, copies)));
  }

  begin(signal: AbortSignal, copies = false, from?: StartPoint): Promise<Position> {
    const claim = async () => {
      this.#claimed = true;
    };
    const disclaim = async () => {
      this.#claimed = false;
    };
    const begin = { claimed: this.#claimed, copies, claim, disclaim, signal };
    return answered(this.source.begin(from === undefined ? begin : { ...begin, from }));
  }

  /** Reads until there are so many changes of whole transactions. */
  read(count: number): Promise<void> {
    return this.#insist(async (signal) => {
      const abort = () => this.#reading.abort(signal.reason);
      signal.addEventListener('abort', abort);
      try {
        if (!this.#isOpen) await this.#connect(signal);
        this.#batches ??= await this.#call(signal, () => this.iterate(this.#reading.signal));
        const batches = this.#batches;
        while (this.changes.length < count) {
          const { value, done } = await this.#call(signal, () => answered(batches.next()));
          assert.ok(done !== true, 'The changes ended, although nobody has asked for it');
          this.take(value);
        }
      } finally {
        signal.removeEventListener('abort', abort);
      }
    });
  }

  /** What is read is of the next connection. */
  async iterate(signal: AbortSignal): Promise<AsyncIterator<ChangeBatch>> {
    assert.ok(this.position !== null);
    const changes = await answered(this.source.changes(this.position, signal));
    return changes[Symbol.asyncIterator]();
  }

  /** Ends in good order. */
  async close(): Promise<void> {
    this.#reading.abort(new Error('the reading has ended'));
    this.#reading = new AbortController();
    this.#forget();
    await answered(this.source.close());
  }

  /** What comes next is read by another process, after this position. */
  async continue(position: Position): Promise<void> {
    await this.close();
    this.source = this.#options.connect();
    this.position = position;
    this.changes.length = 0;
    this.positions.length = 0;
  }

  /** Looks at a batch, and counts it as durable if it is whole. */
  take(batch: ChangeBatch): void {
    const { world, acknowledges = true } = this.#options;
    assert.ok(this.position !== null);
    const open = this.#open?.position === null ? this.#open.transaction : null;
    checkBatch(this.source, batch, this.position, open);
    this.#pending.push(...Array.from(batch.changes, (change) => readChange(change, world.table)));
    this.#open = batch;
    if (batch.position === null) return;
    this.changes.push(...this.#pending.splice(0));
    this.position = batch.position;
    this.positions.push({ position: batch.position, count: this.changes.length });
    if (acknowledges) this.source.acknowledge?.(batch.position);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const identity = await answered(this.source.open(this.context(signal)));
    this.#isOpen = true;
    if (this.identity !== null) assert.deepEqual(identity, this.identity, 'The log has another identity');
    this.identity = identity;
  }

  /** Ends what was left behind. */
  release(): void {
    for (const reading of [this.#reading, ...this.#left]) reading.abort(new Error('the case has ended'));
  }

  #forget(): void {
    this.#batches = null;
    this.#pending = [];
    this.#open = null;
    this.#isOpen = false;
  }

  async #recover({ fault, rest }: InjectedFault): Promise<void> {
    // What the dead go on to make would be in the way; what they go on to read is the next one's to take over.
    if (this.#batches === null) await answered(rest);
    if (fault === 'died') {
      this.#left.push(this.#reading);
      this.#forget();
      this.source = this.#options.connect();
    } else await this.close();
    this.#reading = new AbortController();
    await this.#connect(new AbortController().signal);
  }

  #insist<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#options.injector.insist(work, (fault) => this.#recover(fault));
  }

  #call<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#options.injector.call(signal, work);
  }
}

/** No answer at all is a failure of its own. */
const answered = <T>(work: Promise<T>): Promise<T> => within(patience, 'an answer of the source', work);
