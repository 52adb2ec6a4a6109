import { setTimeout } from 'node:timers/promises';
import type { BeginContext, ChangeBatch, Relation, ReleaseContext, SourceContext } from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemorySource } from './memory-origin.test-support.ts';
import type { SourceWorld } from './source-world.ts';
import { wrong } from './wrong-source.test-support.ts';

type Log = AsyncGenerator<ChangeBatch>;

class WithoutExactly extends MemorySource {
  override readonly copyExactly = undefined as never;
}

class ValidatingByBeginning extends MemorySource {
  override async validate(context: SourceContext) {
    this.origin.reader = { forgotten: this.origin.log.length };
    return super.validate(context);
  }
}

class WithoutKey extends MemorySource {
  override async describe(context: SourceContext): Promise<readonly Relation[]> {
    return (await super.describe(context)).map((relation) => ({ ...relation, key: null }));
  }
}

class AnotherLog extends MemorySource {
  override async open(context: SourceContext) {
    return { ...(await super.open(context)), id: `${Math.random()}` };
  }
}

class Unclaimed extends MemorySource {
  override begin(context: BeginContext) {
    return super.begin({ ...context, claim: () => context.claim().catch(() => {}) });
  }
}

class ClaimingLate extends MemorySource {
  override async begin(context: BeginContext) {
    const position = await super.begin({ ...context, claim: async () => {} });
    await context.claim();
    return position;
  }
}

class BeginningByItself extends MemorySource {
  override begin({ from, ...context }: BeginContext) {
    return super.begin(context);
  }
}

class WithoutRelease extends MemorySource {
  override readonly release = undefined as never;
}

class Leaving extends MemorySource {
  override async release() {}
}

class ReleasingOnce extends MemorySource {
  override async release(context: ReleaseContext) {
    if (this.origin.reader === null) throw this.failure('There is nothing to be dropped');
    await super.release(context);
  }
}

class AsTexts extends MemorySource {
  override compare(a: string, b: string) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
}

class NegativeDistance extends MemorySource {
  override distance(a: string, b: string) {
    return Number(a) - Number(b);
  }
}

class Deaf extends MemorySource {
  override async *batches(after: number): Log {
    for (let number = after; ; number++) {
      while (number >= this.origin.log.length) await setTimeout(5);
      yield* this.transaction(number);
    }
  }
}

/** Only `close` ends it. */
class DeafToItsSignal extends MemorySource {
  override batches(after: number) {
    return super.batches(after, this.closing.signal);
  }
}

class HangingWhenAborted extends MemorySource {
  override async validate(context: SourceContext) {
    if (context.signal.aborted) await new Promise(() => {});
    return super.validate(context);
  }
}

class ClosingOnce extends MemorySource {
  #closed = false;

  override async close() {
    if (this.#closed) throw new Error('The source is closed already');
    this.#closed = true;
    await super.close();
  }

  override open(context: SourceContext) {
    this.#closed = false;
    return super.open(context);
  }
}

const order = 'delivers every transaction in commit order, whole and once';
const valid = 'finds nothing wrong with a log that is ready, and describes its table while it is closed';
const claims = 'claims what it makes before it does';
const drops = 'drops what it has made, as often as it is asked, and begins anew';
const ordered = 'orders its positions as its log does';
const ends = 'ends a wait for changes within a second of its signal';
const closes = 'closes in any state, more than once, and opens again';

export const lifecycleMutants: readonly Mutant<SourceWorld>[] = [
  wrong('has not what it says it can', ['has the methods that go with its capabilities'], WithoutExactly),
  wrong('makes a reader when it validates', [valid], ValidatingByBeginning),
  wrong('describes no key', [valid], WithoutKey),
  wrong(
    'is another log at every open',
    ['is the same log at every open, in every process', { name: order, fault: 'died' }],
    AnotherLog,
  ),
  wrong('makes what it could not claim', [claims], Unclaimed),
  wrong('claims what it has made', [claims], ClaimingLate),
  wrong('begins where it does by itself', ['begins where it is told'], BeginningByItself),
  wrong('claims what it never drops', [claims], WithoutRelease),
  wrong('drops nothing', [drops], Leaving),
  wrong('drops only what is there', [drops], ReleasingOnce),
  wrong('orders positions as texts', [ordered], AsTexts),
  wrong('measures backwards', [ordered], NegativeDistance),
  wrong('ignores abort', [ends, closes], Deaf),
  wrong('ends with `close` only', [ends], DeafToItsSignal),
  wrong('hangs when it is aborted', ['ends what was aborted before it began'], HangingWhenAborted),
  wrong('closes once', [closes], ClosingOnce),
];
