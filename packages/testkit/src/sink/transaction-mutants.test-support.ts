import type { Sink, SinkBatch, SinkContext } from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemorySink, memoryCapabilities } from './memory-sink.test-support.ts';
import { WholeMemorySink } from './memory-sink-forms.test-support.ts';
import type { MemoryTarget, Tables } from './memory-target.test-support.ts';
import type { SinkWorld } from './sink-world.ts';
import { wrong } from './wrong-sink.test-support.ts';

const capable = (parts: Partial<Sink['capabilities']>) => ({ ...memoryCapabilities, ...parts });

class ShowingParts extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    await super.write(batch, signal);
    if (this.working !== null) this.target.tables = this.working;
  }
}

class DroppingParts extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    if (batch.position !== null) this.working = null;
    await super.write(batch, signal);
  }
}

class LastPartOnly extends WholeMemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    if (batch.position !== null) await super.write(batch, signal);
  }
}

class KeepingParts extends MemorySink {
  override async rollback() {}
}

/** Its parts lie at the target. */
class StagingParts extends MemorySink {
  static readonly staged = new WeakMap<MemoryTarget, Tables>();

  override async write(batch: SinkBatch, signal: AbortSignal) {
    this.working = StagingParts.staged.get(this.target) ?? null;
    await super.write(batch, signal);
    if (this.working === null) StagingParts.staged.delete(this.target);
    else StagingParts.staged.set(this.target, this.working);
  }
}

class WithoutEvolve extends MemorySink {
  override readonly capabilities = capable({ schemaChanges: true });
  override readonly evolve = undefined as never;
}

class ValidatingByOpening extends MemorySink {
  override async validate(context: SinkContext) {
    await this.open(context);
    await this.close();
    return { items: [] };
  }
}

/** Waits for its target, whatever is aborted. */
class Deaf extends MemorySink {
  override async write(batch: SinkBatch) {
    await this.target.answer(this.closing.signal);
    await super.write(batch, new AbortController().signal);
  }
}

class HangingWhenAborted extends MemorySink {
  override async open(context: SinkContext) {
    if (context.signal.aborted) await new Promise(() => {});
    return super.open(context);
  }
}

class ClosingLate extends MemorySink {
  #writing: Promise<unknown> = Promise.resolve();

  override write(batch: SinkBatch, signal: AbortSignal) {
    const writing = super.write(batch, signal);
    this.#writing = writing.catch(() => {});
    return writing;
  }

  override async close() {
    await this.#writing;
    await super.close();
  }
}

class ClosingOnce extends MemorySink {
  #closed = false;

  override async close() {
    if (this.#closed) throw new Error('The sink is closed already');
    this.#closed = true;
    await super.close();
  }

  override async open(context: SinkContext) {
    this.#closed = false;
    const opened = await super.open(context);
    this.#closed = false;
    return opened;
  }
}

const parts = 'has all of a transaction that comes in parts';

export const transactionMutants: readonly Mutant<SinkWorld>[] = [
  wrong('shows parts', ['shows nothing of a transaction before its last part'], ShowingParts),
  wrong('drops the parts before the last', [parts, { name: parts, fault: 'rejected' }], DroppingParts),
  wrong('writes the last part of a whole', [parts], LastPartOnly),
  wrong('forgets a rollback', ['gives parts up on `rollback`, and otherwise does nothing'], KeepingParts),
  wrong('goes on with the parts of another', ['gives parts up that an earlier connection has left open'], StagingParts),
  wrong('has not what it says it can', ['has the methods that go with its capabilities'], WithoutEvolve),
  wrong(
    'validates by opening',
    ['finds nothing wrong with a target that is ready, and makes nothing there'],
    ValidatingByOpening,
  ),
  wrong('hangs when it is aborted', ['ends what was aborted before it began'], HangingWhenAborted),
  wrong('ignores abort', ['ends a write that hangs within a second of its signal'], Deaf),
  wrong('waits for its writes to close', ['closes while a write hangs'], ClosingLate),
  wrong('closes once', ['closes in any state, more than once, and opens again'], ClosingOnce),
];
