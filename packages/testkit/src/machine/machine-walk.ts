import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';

/** What a walk needs to know of the type of an XState machine. */
export interface WalkedMachine {
  getInitialSnapshot(...scopeAndInput: never[]): { readonly value: StateValue; readonly context: unknown };
}

/** The name of a state, or those of the states inside of it. */
export type StateValue = string | { readonly [state: string]: StateValue | undefined };

export interface WalkedEvent {
  readonly type: string;
}

/** One event in one state. `ghosts`: what was known beside the machine before it. */
export interface MachineStep<Machine extends WalkedMachine, Ghosts> {
  readonly before: SnapshotOf<Machine>;
  readonly event: WalkedEvent;
  readonly after: SnapshotOf<Machine>;
  readonly ghosts: Ghosts;
}

export interface MachineWalk<Machine extends WalkedMachine, Ghosts> {
  readonly input?: Parameters<Machine['getInitialSnapshot']>[1];
  /** What may come from outside, in any state. */
  readonly events: readonly WalkedEvent[];
  /** What the actor with this id may end with. Default: `undefined`. */
  readonly outputs?: (actor: string) => readonly unknown[];
  /** What it may fail with; nothing: it never does. Default: one error. */
  readonly errors?: (actor: string) => readonly unknown[];
  /**
   * What of the context tells states apart, as JSON: as little as decides where the machine goes, and of few values, or
   * the walk has no end. Default: nothing.
   */
  readonly distinguish?: (context: SnapshotOf<Machine>['context']) => unknown;
  /** What is known at the beginning, as JSON: facts that the machine itself does not keep, such as that a stop was asked for. */
  readonly ghosts: Ghosts;
  /** What is known after an event. */
  readonly follow: (step: MachineStep<Machine, Ghosts>) => Ghosts;
  /** The promises that a step breaks, in words; `known`: what is known after it. */
  readonly broken: (step: MachineStep<Machine, Ghosts>, known: Ghosts) => readonly string[];
}

export interface MachineWalkResult {
  /** How many events in how many different states were tried. */
  readonly edges: number;
  /** Every state that is reached, as `parent.child`. */
  readonly states: ReadonlySet<string>;
  /** `promise: state --event--> state`. */
  readonly violations: ReadonlySet<string>;
}

type SnapshotOf<Machine extends WalkedMachine> = ReturnType<Machine['getInitialSnapshot']>;

/** Where a machine is, as `parent.child`; states of parallel regions are joined by commas. */
export const stateName = ({ value }: { readonly value: StateValue }): string => nameOf(value);

const nameOf = (value: StateValue): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([parent, child]) => (child === undefined ? parent : `${parent}.${nameOf(child)}`))
        .join();

/** What the machine itself may bring about: the ends of the actors that run, and delays. */
const ownEvents = (
  snapshot: AnyMachineSnapshot,
  {
    outputs = () => [undefined],
    errors = () => [new Error('The actor has failed')],
  }: Pick<MachineWalk<WalkedMachine, unknown>, 'outputs' | 'errors'>,
): readonly WalkedEvent[] => [
  ...Object.keys(snapshot.children).flatMap((actorId) => [
    ...outputs(actorId).map((output) => ({ type: `xstate.done.actor.${actorId}`, actorId, output })),
    ...errors(actorId).map((error) => ({ type: `xstate.error.actor.${actorId}`, actorId, error })),
  ]),
  ...snapshot._nodes.flatMap((node) => node.after.map(({ eventType }) => ({ type: eventType }))),
];

/**
 * Tries every event in every state that an XState machine can come to, and says which promises break. Nothing runs: the
 * machine is asked where it would go, and its actors, actions and delays are passed over. The machine that is walked is the
 * one that really runs.
 */
export const walkMachine = <Machine extends WalkedMachine, Ghosts>(
  machine: Machine,
  walk: MachineWalk<Machine, Ghosts>,
): MachineWalkResult => {
  // Declarations of this package name no other one.
  const walked = machine as unknown as AnyStateMachine;
  const violations = new Set<string>();
  const states = new Set<string>();
  const seen = new Set<string>();
  let edges = 0;
  const [initial] = initialTransition(walked, walk.input);
  const queue: [AnyMachineSnapshot, Ghosts][] = [[initial, walk.ghosts]];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [before, ghosts] = next;
    const from = stateName(before);
    const place = JSON.stringify([from, walk.distinguish?.(before.context), ghosts]);
    if (seen.has(place)) continue;
    seen.add(place);
    states.add(from);
    for (const event of [...walk.events, ...ownEvents(before, walk)]) {
      edges++;
      const [after] = transition(walked, before, event);
      const step = { before, event, after, ghosts } as MachineStep<Machine, Ghosts>;
      const known = walk.follow(step);
      for (const promise of walk.broken(step, known))
        violations.add(`${promise}: ${from} --${event.type}--> ${stateName(after)}`);
      queue.push([after, known]);
    }
  }
  return { edges, states, violations };
};
