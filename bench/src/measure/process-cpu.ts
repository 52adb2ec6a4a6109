import { readFileSync } from 'node:fs';
import { childProcesses } from '@millrace/testkit/processes';

/** Ticks per second in which Linux counts, on every machine that these servers run on. */
const ticks = 100;

/** User and system time in the text of `/proc/<pid>/stat`, in seconds; `children`: of those that it has waited for. */
export const parseCpuSeconds = (stat: string): { readonly own: number; readonly children: number } => {
  // The name of the program, in parentheses, may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) / ticks, children: (childUser + childSystem) / ticks };
};

const read = (pid: number) => {
  try {
    return parseCpuSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return { own: 0, children: 0 };
  }
};

/** The CPU time that a process has used since it started, with all its threads; 0 when it has ended. */
export const cpuSeconds = (pid: number): number => read(pid).own;

/** That of all processes that it has started and that have ended, with those that they had started. */
export const endedChildrenSeconds = (pid: number): number => read(pid).children;

/** That of a server and of its processes, ended ones too. */
export const serverCpuSeconds = (pid: number): number =>
  [pid, ...childProcesses(pid)].reduce((sum, one) => sum + read(one).own, read(pid).children);
