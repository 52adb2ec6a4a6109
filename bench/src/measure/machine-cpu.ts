import { readFileSync } from 'node:fs';

/** Ticks per second in which Linux counts, on every machine that these servers run on. */
const ticks = 100;

/** The time that all cores have spent working, in the text of `/proc/stat`, in seconds. */
export const parseBusySeconds = (stat: string): number => {
  const [first = ''] = stat.split('\n');
  const [user = 0, nice = 0, system = 0, , , interrupt = 0, softInterrupt = 0, stolen = 0] = first
    .replace(/^cpu +/, '')
    .split(' ')
    .map(Number);
  return (user + nice + system + interrupt + softInterrupt + stolen) / ticks;
};

/** The time that all cores have spent working since the machine started, for whomever. */
export const busySeconds = (): number => parseBusySeconds(readFileSync('/proc/stat', 'utf8'));
