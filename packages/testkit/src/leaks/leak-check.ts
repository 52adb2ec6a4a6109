import { openSockets } from './open-sockets.ts';

const resources = (): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  // Those that keep nothing alive, too.
  return process.platform === 'linux' ? counts.set('sockets', openSockets()) : counts;
};

/**
 * Tells what this process holds open that it did not hold when the check was made: timers and handles that keep Node
 * alive, and on Linux every socket. Whatever else the process does in the meantime counts, too.
 */
export class LeakCheck {
  readonly #before = resources();

  /** A kind of thing in each entry, and how many more of it there are, such as `Timeout: 1`; empty: nothing is left. */
  leaks(): readonly string[] {
    return [...resources()]
      .map(([kind, count]) => [kind, count - (this.#before.get(kind) ?? 0)] as const)
      .filter(([, more]) => more > 0)
      .map(([kind, more]) => `${kind}: ${more}`);
  }
}
