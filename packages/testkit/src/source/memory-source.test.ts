import { describe, it } from 'vitest';
import { CapableSource } from './capable-source.test-support.ts';
import { describeSource } from './describe-source.ts';
import { MemoryOrigin, worldOf } from './memory-origin.test-support.ts';

describeSource(
  () => {
    const origin = new MemoryOrigin();
    return worldOf(origin, () => new CapableSource(origin));
  },
  { describe, it },
);
