import { describe, it } from 'vitest';
import { describeSink } from './describe-sink.ts';
import { MemorySink, WholeMemorySink } from './memory-sink.test-support.ts';
import { MemoryTarget, worldOf } from './memory-target.test-support.ts';

describe.each([
  ['atomically', MemorySink],
  ['in one piece', WholeMemorySink],
])('a sink in memory that takes transactions %s', (_, Connector) => {
  describeSink(
    () => {
      const target = new MemoryTarget();
      return worldOf(target, () => new Connector(target));
    },
    { describe, it },
  );
});
