import { readFileSync } from 'node:fs';

/** Ticks per second in which Linux counts, on every machine that these servers run on. */
const ticks = 100;

/** User and system time in the text of `/proc/<pid>/stat`, in seconds. */
export const parseCpuSeconds = (stat: string): number => {
  // The name of the program, in parentheses, may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
};

/** The CPU time that a process has used since it started, with all its threads; 0 when it has ended. */
export const cpuSeconds = (pid: number): number => {
  try {
    return parseCpuSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return 0;
  }
};
