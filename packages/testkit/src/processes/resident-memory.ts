import { readFileSync } from 'node:fs';

/** A running measurement; disposing of it ends it. */
export interface MemorySample extends Disposable {
  /** The most bytes of physical memory seen so far. */
  readonly max: number;
  /** Ends the measurement and gives the maximum. */
  stop(): number;
}

/**
 * Measures the resident memory of a process now and then every so many milliseconds, until it is
 * stopped or the process has ended. Peaks between two looks go unseen.
 */
export function sampleResidentMemory(pid: number, everyMs: number): MemorySample {
  let max = 0;
  const look = () => {
    max = Math.max(max, residentMemory(pid));
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  look();
  const stop = (): number => {
    clearInterval(timer);
    return max;
  };
  return {
    get max() {
      return max;
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

function residentMemory(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
