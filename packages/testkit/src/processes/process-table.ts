import { readdirSync, readFileSync } from 'node:fs';

/** A process of this machine as /proc shows it. */
interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** One letter; `Z` is a process that has ended and that its parent has not collected yet. */
  readonly state: string;
  /** When it began, in ticks since the machine did. */
  readonly started: string;
}

/** The processes that `parent` has started and that have not ended. */
export function childProcesses(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processEntry(Number(name)))
    .filter((entry) => entry !== undefined)
    .filter((entry) => entry.parent === parent && entry.state !== 'Z')
    .map((entry) => entry.pid);
}

/** True while the process runs; false once it has ended, collected or not. */
export function isRunning(pid: number): boolean {
  const entry = processEntry(pid);
  return entry !== undefined && entry.state !== 'Z';
}

/** True while the process stands still at a signal, and when it has ended. */
export function isHalted(pid: number): boolean {
  const entry = processEntry(pid);
  return entry === undefined || entry.state === 'T' || entry.state === 'Z';
}

/** Tells a running process from every other, also from a later one of the same id: `pid-start`; nothing once it has ended. */
export function processIdentity(pid: number): string | undefined {
  const entry = processEntry(pid);
  return entry === undefined || entry.state === 'Z' ? undefined : `${pid}-${entry.started}`;
}

function processEntry(pid: number): ProcessEntry | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name of the program, in parentheses, may hold spaces and parentheses itself.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent = ''] = fields;
  return { pid, parent: Number(parent), state, started: fields[19] ?? '' };
}
