import type { Stream } from '@millrace/core';
import { instruction, report } from '@millrace/testkit/processes';
import { CpuProfiler } from './cpu-profiler.ts';
import type { StreamEnd } from './stream-task.ts';

/** Starts a stream at a word and stops it at another one. Everything it needs has been loaded before the first. */
export const streamingProgram = async (stream: Stream, profile: string | null): Promise<void> => {
  // Also an error that would be retried: a run with a pause in it measures nothing.
  stream.on('error', ({ code, message, hint }) => void report('failed', [code, message, hint ?? ''].join(' ')));
  const profiler = profile === null ? null : new CpuProfiler();
  const [go, stop] = [instruction('go'), instruction('stop')];
  await report('ready');
  await go;
  await profiler?.start();
  const began = performance.now();
  // A rejection is an error event too.
  const started = stream.start().then(
    () => (performance.now() - began) / 1_000,
    () => null,
  );
  await stop;
  if (profile !== null) await profiler?.write(profile);
  const end: StreamEnd = { counters: stream.stats().counters, startSeconds: await started };
  await stream.stop();
  await report('ended', end);
  process.disconnect();
};
