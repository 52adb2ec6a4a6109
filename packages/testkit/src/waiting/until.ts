import { setTimeout } from 'node:timers/promises';

/** How long to wait, and what for. */
export interface UntilOptions {
  /** What is waited for, for the error when it does not come. */
  readonly describe: string;
  /** Milliseconds; 10 seconds unless told. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

const interval = 10;

/**
 * Resolves once `condition` holds. For conditions inside a server or another process that cannot
 * announce themselves; whatever can signal is to be awaited instead. An error thrown by the
 * condition ends the wait.
 */
export async function until(condition: () => boolean | Promise<boolean>, options: UntilOptions): Promise<void> {
  const { describe, timeout = 10_000, signal } = options;
  const deadline = performance.now() + timeout;
  while (!(await condition())) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`Not within ${timeout} ms: ${describe}`);
    await setTimeout(interval, undefined, { signal });
  }
}
