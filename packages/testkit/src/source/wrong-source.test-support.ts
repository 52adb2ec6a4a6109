import type { Mutant } from '../mutants.test-support.ts';
import { MemoryOrigin, worldOf } from './memory-origin.test-support.ts';
import type { MemorySource } from './memory-source.test-support.ts';
import type { SourceWorld } from './source-world.ts';

/** A source in memory that is wrong on purpose. */
export const wrong = (
  name: string,
  caughtBy: Mutant<SourceWorld>['caughtBy'],
  Wrong: new (origin: MemoryOrigin) => MemorySource,
): Mutant<SourceWorld> => ({
  name,
  caughtBy,
  world: () => {
    const origin = new MemoryOrigin();
    return worldOf(origin, () => new Wrong(origin));
  },
});
