import { describe, it } from 'vitest';
import { describeSink } from './describe-sink.ts';
import { MemorySink, MemoryTarget, worldOf } from './memory-target.test-support.ts';

const runner = { describe, it };

describe('with checkpoints of its own', () =>
  describeSink(() => {
    const target = new MemoryTarget();
    return worldOf(target, () => new MemorySink(target));
  }, runner));
