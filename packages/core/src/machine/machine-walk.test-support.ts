import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';
import { MillraceError, type Recovery } from '../errors/millrace-error.ts';

interface Ghosts {
  /** Somebody asked for the end of this run. */
  readonly stopAsked: boolean;
  /** Connections are open. */
  readonly connected: boolean;
}

export interface WalkResult {
  readonly edges: number;
  readonly states: ReadonlySet<string>;
  readonly violations: ReadonlySet<string>;
}

const commands = ['START', 'PAUSE', 'RESUME', 'STOP', 'RESTART', 'RECOVER', 'DELETE', 'PROGRESS'];
const recoveries: readonly Recovery[] = ['retry', 'operator', 'recover'];

const outputsOf = (actor: string): readonly unknown[] =>
  actor === 'run' ? [null, 'event-limit', 'snapshot-complete'] : [undefined];

const errorsOf = (actor: string): readonly unknown[] =>
  actor === 'close'
    ? []
    : recoveries.map((recovery) => new MillraceError({ code: recovery, recovery, message: recovery }));

const eventsIn = (snapshot: AnyMachineSnapshot): readonly { readonly type: string }[] => [
  ...commands.map((type) => ({ type })),
  ...Object.keys(snapshot.children).flatMap((actorId) => [
    ...outputsOf(actorId).map((output) => ({ type: `xstate.done.actor.${actorId}`, actorId, output })),
    ...errorsOf(actorId).map((error) => ({ type: `xstate.error.actor.${actorId}`, actorId, error })),
  ]),
  { type: 'xstate.after.backoff.stream.waiting' },
  { type: 'xstate.after.drainTimeout.stream.streaming.draining' },
];

const opening = new Set(['starting', 'recovering', 'resuming', 'reconnecting', 'restarting']);
const ended = new Set(['notStarted', 'paused', 'stopped', 'finished', 'failedPermanently', 'waiting', 'deleting']);

const nameOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as Record<string, string>)
        .map(([a, b]) => `${a}.${b}`)
        .join();

/** Every (state, event) pair of the machine that really runs, with ghosts beside it; says which promises break. */
export const walk = (machine: AnyStateMachine): WalkResult => {
  const violations = new Set<string>();
  const states = new Set<string>();
  let edges = 0;
  const [initial] = initialTransition(machine);
  const queue: [AnyMachineSnapshot, Ghosts][] = [[initial, { stopAsked: false, connected: false }]];
  const seen = new Set<string>();
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [snapshot, ghosts] = next;
    const from = nameOf(snapshot.value);
    const { intent, attempt, finished } = snapshot.context;
    const key = JSON.stringify([from, intent, Math.min(attempt, 2), finished, ghosts]);
    if (seen.has(key)) continue;
    seen.add(key);
    states.add(from);
    for (const event of eventsIn(snapshot)) {
      edges++;
      const [after] = transition(machine, snapshot, event);
      const to = nameOf(after.value);
      const isNewRun = event.type === 'START' || event.type === 'RECOVER';
      const stopAsked =
        event.type === 'STOP'
          ? snapshot.hasTag('open') || from === 'waiting'
          : isNewRun && to !== from
            ? false
            : ghosts.stopAsked;
      const connected = opening.has(to) || (ghosts.connected && !(from === 'closing' && to !== 'closing'));
      const says = (what: string) => violations.add(`${what}: ${from} --${event.type}--> ${to}`);
      if (opening.has(to) && from !== to && ghosts.stopAsked && !isNewRun) says('opened again after stop');
      if (ended.has(to) && ghosts.connected && from !== 'closing') says('left connections open');
      if (to.startsWith('streaming') && !ghosts.connected) says('runs without connections');
      if (event.type === 'STOP' && opening.has(to)) says('stop ignored');
      if (event.type === 'STOP' && to === 'streaming.flowing') says('stop ignored');
      if (event.type === 'STOP' && ['waiting', 'paused'].includes(to)) says('stop ignored');
      if (to === 'paused' && from === 'closing' && ghosts.stopAsked) says('a stop became a pause');
      if (to === 'failedPermanently' && after.context.error === null) says('failed without an error');
      if (to === 'finished' && after.context.finished === null) says('finished without a reason');
      queue.push([after, { stopAsked, connected }]);
    }
  }
  return { edges, states, violations };
};
