import type { ChangeBatch } from '@millrace/core';
import { type HubLimits, MemoryHub } from '../../../core/src/hub/memory-hub.ts';
import { describeMutants, type Mutant } from '../mutants.test-support.ts';
import { eventHubSuite } from './describe-event-hub.ts';
import type { EventHubWorld } from './event-hub-world.ts';

const wrong = (
  name: string,
  caughtBy: Mutant<EventHubWorld>['caughtBy'],
  create: (limits: HubLimits) => MemoryHub,
): Mutant<EventHubWorld> => ({ name, caughtBy, world: () => ({ create }) });

const order = 'delivers every batch in order, as it is';
const safe = 'calls a position safe when it was released, and not before';
const full = 'keeps batches until they are released: a full hub takes no more';
const large = 'takes a batch that is larger than the whole hub when it is empty';
const aborted = 'ends a wait for room with its signal, and takes nothing then';
const closed = 'delivers what it holds when it is closed, ends then, and takes nothing more';
const positions = 'has room for any number of positions without changes, and delivers the newest';

/** Delivers something else than what it holds. */
const delivering = (change: (batches: AsyncIterable<ChangeBatch>) => AsyncGenerator<ChangeBatch>) =>
  class extends MemoryHub {
    override subscribe(...asked: Parameters<MemoryHub['subscribe']>) {
      return change(super.subscribe(...asked));
    }
  };

const Reordering = delivering(async function* (batches) {
  let kept: ChangeBatch | null = null;
  for await (const batch of batches) {
    if (batch.changes.length === 7) kept = batch;
    else {
      yield batch;
      if (kept !== null) yield kept;
      kept = null;
    }
  }
});
const Forgetting = delivering(async function* (batches) {
  let count = 0;
  for await (const batch of batches) if (++count !== 4) yield batch;
});
const WithoutRelations = delivering(async function* (batches) {
  for await (const batch of batches) yield { ...batch, relations: [] };
});
const Joining = delivering(async function* (batches) {
  for await (const batch of batches)
    yield batch.position === null ? ({ ...batch, position: '0' } as ChangeBatch) : batch;
});

/** Calls safe what it has delivered. */
class Hasty extends MemoryHub {
  readonly #listeners = new Set<(position: string) => void>();

  override async *subscribe(...asked: Parameters<MemoryHub['subscribe']>) {
    for await (const batch of super.subscribe(...asked)) {
      if (batch.position !== null) for (const listener of this.#listeners) listener(batch.position);
      yield batch;
    }
  }

  override onSafe(listener: (position: string) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Frees what it has delivered. */
class Freeing extends MemoryHub {
  override async *subscribe(...asked: Parameters<MemoryHub['subscribe']>) {
    for await (const batch of super.subscribe(...asked)) {
      if (batch.position !== null) super.release(batch.position);
      yield batch;
    }
  }
}

class Deaf extends MemoryHub {
  override publish(batch: ChangeBatch) {
    return super.publish(batch, new AbortController().signal);
  }
}

/** Rejects a wait that was aborted, and takes its batch all the same. */
class Late extends MemoryHub {
  override publish(batch: ChangeBatch, signal: AbortSignal) {
    const room = super.publish(batch, new AbortController().signal);
    if (room === undefined) return room;
    return new Promise<void>((resolve, reject) => {
      room.then(resolve, reject);
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  }
}

class DeafReader extends MemoryHub {
  override subscribe() {
    return super.subscribe(new AbortController().signal);
  }
}

class Dropping extends MemoryHub {
  #closed = false;

  override async *subscribe(signal: AbortSignal) {
    for await (const batch of super.subscribe(signal)) {
      if (this.#closed) return;
      yield batch;
    }
  }

  override async close() {
    this.#closed = true;
    await super.close();
  }
}

class Endless extends MemoryHub {
  override async close() {}
}

class Swallowing extends MemoryHub {
  #closed = false;

  override publish(batch: ChangeBatch, signal: AbortSignal) {
    if (!this.#closed) return super.publish(batch, signal);
  }

  override async close() {
    this.#closed = true;
    await super.close();
  }
}

class Counting extends MemoryHub {
  override publish(batch: ChangeBatch, signal: AbortSignal) {
    return super.publish(batch.changes.length === 0 ? { ...batch, bytes: 100 } : batch, signal);
  }
}

class DroppingPositions extends MemoryHub {
  override publish(batch: ChangeBatch, signal: AbortSignal) {
    if (batch.changes.length > 0) return super.publish(batch, signal);
  }
}

class Attached extends MemoryHub {
  override onSafe(listener: (position: string) => void) {
    super.onSafe(listener);
    return () => false;
  }
}

class Narrow extends MemoryHub {
  override publish(batch: ChangeBatch, signal: AbortSignal) {
    if (batch.changes.length <= 6) return super.publish(batch, signal);
    return new Promise<void>(() => {});
  }
}

describeMutants(eventHubSuite, [
  wrong('reorders', [order], (limits) => new Reordering(limits)),
  wrong('loses a batch', [order, { name: order, fault: 'delayed' }], (limits) => new Forgetting(limits)),
  wrong('drops the relations', [order], (limits) => new WithoutRelations(limits)),
  wrong('gives parts a position', [order], (limits) => new Joining(limits)),
  wrong('calls safe what it has delivered', [safe, { name: safe, fault: 'rejected' }], (limits) => new Hasty(limits)),
  wrong('frees what it has delivered', [full], (limits) => new Freeing(limits)),
  wrong('is not bounded', [full, large], () => new MemoryHub({ maxChanges: 1e9, maxBytes: 1e9 })),
  wrong('does not count bytes', ['is full by bytes, too'], ({ maxChanges }) => {
    return new MemoryHub({ maxChanges, maxBytes: 1e9 });
  }),
  wrong('has no room for a large batch', [large], (limits) => new Narrow(limits)),
  wrong('does not end a wait for room', [aborted], (limits) => new Deaf(limits)),
  wrong('takes what was aborted', [aborted], (limits) => new Late(limits)),
  wrong('does not end a wait for batches', ['ends a wait for batches with its signal'], (limits) => {
    return new DeafReader(limits);
  }),
  wrong('drops what it holds when it is closed', [closed, order], (limits) => new Dropping(limits)),
  wrong('does not end when it is closed', [closed], (limits) => new Endless(limits)),
  wrong('swallows what comes after it was closed', [closed], (limits) => new Swallowing(limits)),
  wrong('has no room for positions', [positions], (limits) => new Counting(limits)),
  wrong('drops positions', [positions, safe], (limits) => new DroppingPositions(limits)),
  wrong('goes on telling', ['tells nobody who has stopped to listen'], (limits) => new Attached(limits)),
]);
