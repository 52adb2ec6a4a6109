import { describe, it } from 'vitest';
import { describeSource } from './describe-source.ts';
import { MemoryOrigin, MemorySource, worldOf } from './memory-origin.test-support.ts';

describeSource(
  () => {
    const origin = new MemoryOrigin();
    return worldOf(origin, () => new MemorySource(origin));
  },
  { describe, it },
);
