import assert from 'node:assert/strict';
import type { Checkpoint, CheckpointStore } from '@millrace/core';
import type { FaultInjector, InjectedFault } from '../faults/fault-injector.ts';
import type { CheckpointStoreWorld } from './checkpoint-store-world.ts';

/** One process that runs a stream: takes epochs and saves checkpoints as the stream does, whatever fails. */
export class StoreOwner {
  readonly streamId: string;
  readonly sink: string;
  readonly #world: CheckpointStoreWorld;
  readonly #injector: FaultInjector;
  #store: CheckpointStore;
  epoch = 0;
  /** What the last `acquire` or `save` has left in the store. */
  #known: Checkpoint | null = null;

  constructor(world: CheckpointStoreWorld, injector: FaultInjector, streamId: string, sink: string) {
    this.#world = world;
    this.#injector = injector;
    this.#store = world.store;
    this.streamId = streamId;
    this.sink = sink;
  }

  /** Begins a run: takes the next epoch whoever has it. */
  async acquire(): Promise<Checkpoint | null> {
    return this.#take(null);
  }

  /** Connects anew in the same run. */
  async reconnect(): Promise<Checkpoint | null> {
    return this.#take(this.epoch);
  }

  async save(parts: Partial<Checkpoint>): Promise<Checkpoint> {
    const wanted = () => ({ ...checkpointOf(this.streamId, this.sink, this.epoch), ...parts });
    const before = this.#known;
    await this.#injector.insist(
      () => this.#call((store) => store.save(wanted())),
      async (fault) => {
        const after = wanted();
        this.#replace(fault);
        const found = await this.acquire();
        const either = [before, after].map((one) => one && { ...one, epoch: this.epoch });
        assert.ok(
          either.some((one) => isEqual(one, found)),
          'After a failed save the store holds neither the checkpoint before nor the one that was saved',
        );
      },
    );
    this.#known = wanted();
    return this.#known;
  }

  list(): Promise<readonly Checkpoint[]> {
    return this.#again((store) => store.list(this.streamId));
  }

  delete(sink?: string): Promise<void> {
    return this.#again((store) => store.delete(this.streamId, ...(sink === undefined ? [] : [sink])));
  }

  async #take(expected: number | null): Promise<Checkpoint | null> {
    let wanted = expected;
    const { epoch, checkpoint } = await this.#injector.insist(
      () => this.#call((store) => store.acquire(this.streamId, this.sink, wanted)),
      async (fault) => {
        // An epoch that the dead take late would fence whoever came after them.
        await fault.rest;
        this.#replace(fault);
        // A store cannot tell whose lost answer it was, and fences the reconnect that asks again: a new run it does not.
        wanted = null;
      },
    );
    this.epoch = epoch;
    this.#known = checkpoint;
    return checkpoint;
  }

  #again<T>(work: (store: CheckpointStore) => Promise<T>): Promise<T> {
    return this.#injector.insist(
      () => this.#call(work),
      async (fault) => this.#replace(fault),
    );
  }

  #call<T>(work: (store: CheckpointStore) => Promise<T>): Promise<T> {
    return this.#injector.call(null, async () => work(this.#store));
  }

  #replace({ fault }: InjectedFault): void {
    if (fault === 'died') this.#store = this.#world.reopen?.() ?? this.#store;
  }
}

const isEqual = (one: Checkpoint | null, other: Checkpoint | null): boolean => {
  try {
    assert.deepEqual(one, other);
    return true;
  } catch {
    return false;
  }
};

export const checkpointOf = (streamId: string, sink: string, epoch: number): Checkpoint => ({
  version: 1,
  streamId,
  sink,
  epoch,
  source: { kind: 'testkit', id: '1' },
  claimed: true,
  position: '10',
  partial: null,
  tables: {},
  savedAt: 1_700_000_000_000,
});
