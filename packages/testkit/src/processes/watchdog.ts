import { type ChildProcess, spawn } from 'node:child_process';
import type { Account } from '../servers/server-account.ts';

/**
 * Starts a shell script that outlives this process and that no terminal reaches. Its
 * standard input is a pipe that only this process holds: it ends when this process ends it or dies,
 * however it dies. Keeps this process from ending no longer than a caller waits for it.
 */
export function startWatchdog(script: string, argument: string, account?: Account): ChildProcess {
  const watchdog = spawn('sh', ['-c', `trap '' HUP INT TERM\n${script}`, 'millrace-watchdog', argument], {
    ...account,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  const { stdin } = watchdog;
  if (stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return watchdog;
}
