import { setTimeout } from 'node:timers/promises';
import type { ProgressLine } from './progress-line.ts';
import type { Streaming } from './streaming.ts';

/** Kills the process in the middle of the copy. Resolves when another one has ended it, and caught up. */
export const copyAndKill = async (streaming: Streaming, progress: ProgressLine, signal: AbortSignal): Promise<void> => {
  await streaming.until(({ rows }) => rows > 500_000, signal);
  progress.say('killing the streaming process (SIGKILL) in the middle of the copy, and starting it again');
  await streaming.killAndRestart();
  await streaming.until(({ isComplete }) => isComplete, signal);
  progress.say('everything is copied and caught up; following');
};

/** Pauses the stream under load, and later kills its process. Resolves when a new one has been going on for a while. */
export const pauseAndKill = async (
  streaming: Streaming,
  progress: ProgressLine,
  signal: AbortSignal,
): Promise<void> => {
  await setTimeout(3_000, undefined, { signal });
  progress.say('pausing for 2 s, while the load goes on');
  await streaming.command('pause', 'paused', signal);
  await setTimeout(2_000, undefined, { signal });
  await streaming.command('resume', 'running', signal);
  progress.say('resumed');
  await setTimeout(3_000, undefined, { signal });
  progress.say('killing the streaming process again, and starting it again');
  await streaming.killAndRestart();
  await streaming.until(({ status }) => status === 'running', signal);
  progress.say('the new process goes on from the checkpoint');
  await setTimeout(3_000, undefined, { signal });
};
