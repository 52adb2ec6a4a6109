import type { Sink } from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemoryTarget, worldOf } from './memory-target.test-support.ts';
import type { SinkWorld } from './sink-world.ts';

/** A sink in memory that is wrong on purpose. */
export const wrong = (
  name: string,
  caughtBy: Mutant<SinkWorld>['caughtBy'],
  Wrong: new (target: MemoryTarget) => Sink,
): Mutant<SinkWorld> => ({
  name,
  caughtBy,
  world: () => {
    const target = new MemoryTarget();
    return worldOf(target, () => new Wrong(target));
  },
});
