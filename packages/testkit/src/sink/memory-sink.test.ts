import { describe, it } from 'vitest';
import { describeSink } from './describe-sink.ts';
import { MemorySink } from './memory-sink.test-support.ts';
import { ChangesMemorySink, WholeMemorySink } from './memory-sink-forms.test-support.ts';
import { MemoryTarget, worldOf } from './memory-target.test-support.ts';

describe.each([
  ['transactions atomically', MemorySink],
  ['transactions in one piece', WholeMemorySink],
  ['the rows of copies as changes', ChangesMemorySink],
])('a sink in memory that takes %s', (_, Connector) => {
  describeSink(
    () => {
      const target = new MemoryTarget();
      return worldOf(target, () => new Connector(target));
    },
    { describe, it },
  );
});
