import type { Stream } from '@millrace/core';
import { until } from '../harness/index.ts';

/** Breaks something under load, and waits until the stream writes again. */
export const goesOn = async (stream: Stream, broken: () => Promise<void>): Promise<void> => {
  await until(() => stream.stats().sink.changes > 50, { describe: 'changes' });
  const written = stream.stats().sink.changes;
  await broken();
  await until(() => stream.status === 'running' && stream.stats().sink.changes > written, {
    describe: 'the stream to go on',
    timeout: 30_000,
  });
};
