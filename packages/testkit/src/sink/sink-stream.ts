import assert from 'node:assert/strict';
import type { ChangeBatch, Checkpoint, Relation, Sink, SinkBatch, SinkContext } from '@millrace/core';
import { comparePositions } from '../batches.ts';
import { checkpointOf } from '../checkpoint-store/store-owner.ts';
import type { FaultInjector, InjectedFault } from '../faults/fault-injector.ts';
import { patience, within } from '../within.ts';

/** A batch as a case says it, without its checkpoint; `progress`: what that says of tables. */
export type Delivery = ChangeBatch &
  Pick<SinkBatch, 'catchingUp' | 'outdated' | 'evolutions'> & { readonly progress?: Checkpoint['tables'] };

export interface SinkStreamOptions {
  readonly connect: () => Sink;
  readonly injector: FaultInjector;
  readonly streamId: string;
  readonly relations: readonly Relation[];
  readonly reselect?: NonNullable<SinkContext['reselect']>;
}

/** Plays the part of a stream for a sink: opens it, writes to it, and after a failure goes on from its checkpoint. */
export class SinkStream {
  readonly #options: SinkStreamOptions;
  sink: Sink;
  /** What is durable, as far as the stream knows. */
  checkpoint: Checkpoint;
  /** What came with a write that has not been answered: durable, or not. */
  #unknown: Checkpoint | null = null;
  /** Of a sink whose checkpoints lie in a store. */
  #storeEpoch = 0;

  constructor(options: SinkStreamOptions) {
    this.#options = options;
    this.sink = options.connect();
    this.checkpoint = { ...checkpointOf(options.streamId, this.sink.name, 0), position: null };
  }

  get keepsCheckpoints(): boolean {
    return this.sink.capabilities.checkpoints === 'own';
  }

  /** `write` is given the parts of transactions. */
  get takesParts(): boolean {
    return this.sink.capabilities.transactions !== 'whole';
  }

  context(epoch: number | null, signal: AbortSignal): SinkContext {
    const { streamId, relations, reselect } = this.#options;
    return {
      streamId,
      epoch,
      relations,
      compare: comparePositions,
      ...(reselect === undefined ? {} : { reselect }),
      logger: { info() {}, warn() {}, error() {} },
      report: () => {},
      signal,
    };
  }

  /** Begins a run. Resolves with what `open` did. */
  begin(): Promise<Checkpoint | null> {
    return this.#open(null);
  }

  /** Opens again in the same run. */
  reconnect(): Promise<Checkpoint | null> {
    return this.#open(this.checkpoint.epoch);
  }

  /** The process is gone without a word, and the next one has begun a run. */
  async restart(): Promise<void> {
    this.sink = this.#options.connect();
    await this.begin();
  }

  /** Writes what is behind the checkpoint of a log until all of it is durable. */
  deliver(log: readonly Delivery[]): Promise<void> {
    return this.#insist(async (signal) => {
      const { position } = this.checkpoint;
      const done = log.findLastIndex((one) => isBefore(one.position, position));
      for (const one of this.takesParts ? log.slice(done + 1).map((batch) => [batch]) : inOnePiece(log.slice(done + 1)))
        await this.#options.injector.call(signal, () => this.#writeAll(one, signal));
    });
  }

  /** Saves a checkpoint without rows. */
  save(parts: Partial<Checkpoint>): Promise<void> {
    return this.#insist((signal) =>
      this.#options.injector.call(signal, async () => {
        const checkpoint = { ...this.checkpoint, ...parts };
        this.#unknown = checkpoint;
        if (this.keepsCheckpoints) await answered(this.sink.saveCheckpoint?.(checkpoint, signal));
        this.#unknown = null;
        this.checkpoint = checkpoint;
      }),
    );
  }

  /** One call of `write`; the checkpoint is known to be durable after it. */
  async write(batch: Delivery, signal: AbortSignal = new AbortController().signal): Promise<void> {
    const checkpoint = this.after(batch);
    this.#unknown = checkpoint;
    await answered(this.sink.write({ ...batch, checkpoint }, signal));
    this.#unknown = null;
    this.checkpoint = checkpoint ?? this.checkpoint;
  }

  /** A batch, or all parts of a transaction. */
  async #writeAll(batches: readonly Delivery[], signal: AbortSignal): Promise<void> {
    const [first, ...rest] = batches;
    if (first === undefined || rest.length === 0 || first.position !== null)
      return first === undefined ? undefined : this.write(first, signal);
    const checkpoint = this.after(batches.at(-1) ?? first);
    assert.ok(checkpoint !== null);
    const sinkBatch = (batch: Delivery) => ({ ...batch, checkpoint: this.after(batch) }) as SinkBatch;
    async function* parts() {
      for (const batch of batches) yield sinkBatch(batch);
    }
    this.#unknown = checkpoint;
    await answered(this.sink.writeTransaction?.(first.transaction, parts(), checkpoint, signal));
    this.#unknown = null;
    this.checkpoint = checkpoint;
  }

  /** The checkpoint that a batch comes with. */
  after({ position, progress: tables = this.checkpoint.tables }: Delivery): Checkpoint | null {
    return position === null ? null : { ...this.checkpoint, tables, position };
  }

  /** Anything that may be repeated; after a failure the sink is open anew. */
  again<T>(work: (sink: Sink, signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#insist((signal) => this.#options.injector.call(signal, async () => answered(work(this.sink, signal))));
  }

  #insist<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#options.injector.insist(work, (fault) => this.#recover(fault));
  }

  async #recover({ fault, rest }: InjectedFault): Promise<void> {
    // Nobody keeps the last words of the dead from a target that looks at no epoch.
    if (!this.keepsCheckpoints) await answered(rest);
    const either = [this.checkpoint.position, this.#unknown?.position];
    this.#unknown = null;
    if (fault === 'died') await this.restart();
    else {
      await answered(this.sink.close());
      await this.#take(this.checkpoint.epoch, new AbortController().signal);
    }
    const { position } = this.checkpoint;
    assert.ok(either.includes(position), `The sink is at ${position} after a failure between ${either.join(' and ')}`);
  }

  async #open(epoch: number | null): Promise<Checkpoint | null> {
    let wanted = epoch;
    return this.#options.injector.insist(
      (signal) => this.#options.injector.call(signal, () => this.#take(wanted, signal)),
      async ({ fault, rest }) => {
        await answered(rest);
        if (fault === 'died') this.sink = this.#options.connect();
        else await answered(this.sink.close());
        // The answer that was lost may have been an epoch.
        wanted = null;
      },
    );
  }

  async #take(epoch: number | null, signal: AbortSignal): Promise<Checkpoint | null> {
    const { streamId, relations } = this.#options;
    const given = this.keepsCheckpoints ? epoch : ++this.#storeEpoch;
    const found = await answered(this.sink.open(this.context(given, signal)));
    this.checkpoint = found ?? { ...this.checkpoint, streamId, epoch: this.#storeEpoch };
    await answered(this.sink.prepare?.(relations, 'stream', signal));
    return found;
  }
}

/** The parts of each transaction together. */
const inOnePiece = (log: readonly Delivery[]): readonly (readonly Delivery[])[] => {
  const pieces: Delivery[][] = [];
  for (const batch of log) {
    const last = pieces.at(-1);
    if (last?.at(-1)?.position === null) last.push(batch);
    else pieces.push([batch]);
  }
  return pieces;
};

const isBefore = (position: string | null, checkpoint: string | null): boolean =>
  position !== null && checkpoint !== null && comparePositions(position, checkpoint) <= 0;

/** No answer at all is a failure of its own. */
const answered = <T>(work: Promise<T> | undefined): Promise<T | undefined> & Promise<T> =>
  within(patience, 'an answer of the sink', Promise.resolve(work)) as Promise<T>;

/**
 * Another connection has taken the epoch: what is written is refused, perhaps because there is no connection any more, and
 * the next open of the run says why.
 */
export const assertFenced = async (stream: SinkStream, work: () => Promise<unknown> | undefined): Promise<void> => {
  await assert.rejects(async () => work());
  const { signal } = new AbortController();
  for (let twice = 0; twice < 2; twice++)
    await assert.rejects(async () => stream.sink.open(stream.context(stream.checkpoint.epoch, signal)), {
      code: 'FENCED',
    });
};
