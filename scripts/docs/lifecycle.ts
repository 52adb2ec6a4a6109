import { transition } from 'xstate';
import { type DirectedGraphNode, toDirectedGraph } from 'xstate/graph';
import { MillraceError } from '../../packages/core/src/errors/millrace-error.ts';
import { type Intent, streamMachine } from '../../packages/core/src/machine/stream-machine.ts';
import { toStreamState } from '../../packages/core/src/stream/stream-state.ts';
import { table } from './markdown.ts';

const nameOf = (id: string): string => id.replace(/^stream\./, '').replaceAll('.', '_');

/** `xstate.done.actor.open` as `open done`, `xstate.after.backoff.stream.waiting` as `after backoff`. */
const eventName = (type: string): string => {
  const [, , actor] = /^xstate\.(done|error)\.actor\.(.*)$/.exec(type) ?? [];
  if (actor !== undefined) return `${actor} ${type.startsWith('xstate.done') ? 'done' : 'failed'}`;
  const [, delay] = /^xstate\.after\.([^.]+)\./.exec(type) ?? [];
  return delay === undefined ? type : `after ${delay}`;
};

interface Guard {
  readonly type: string;
  readonly params?: unknown;
}

const condition = (guard: unknown): string => {
  if (guard === undefined || guard === null) return '';
  if (typeof guard === 'string') return ` [${guard}]`;
  const { type, params } = guard as Guard;
  const intent = (params as { intent?: string } | undefined)?.intent;
  return ` [${type}${intent === undefined ? '' : ` ${intent}`}]`;
};

/** One line for all transitions from one state to another. */
const edgeLines = (node: DirectedGraphNode): readonly string[] => {
  const labels = new Map<string, string[]>();
  for (const { source, target, label, transition: taken } of node.edges) {
    // A transition without a target changes only what the machine remembers.
    if (taken.target === undefined) continue;
    const edge = `${nameOf(source.id)} --> ${nameOf(target.id)}`;
    labels.set(edge, [...(labels.get(edge) ?? []), `${eventName(label.text)}${condition(taken.guard)}`]);
  }
  return [...labels].map(([edge, events]) => `${edge}: ${events.join(', ')}`);
};

function* diagramLines(node: DirectedGraphNode, indent = '  '): Generator<string> {
  const initial = node.stateNode.initial?.target[0];
  if (initial !== undefined) yield `${indent}[*] --> ${nameOf(initial.id)}`;
  for (const child of node.children) {
    if (child.children.length > 0) {
      yield `${indent}state ${nameOf(child.stateNode.id)} {`;
      yield* diagramLines(child, `${indent}  `);
      yield `${indent}}`;
    }
    for (const line of edgeLines(child)) yield indent + line;
  }
}

/** The machine that really runs, as a Mermaid diagram. */
export const lifecycleDiagram = (): string =>
  ['```mermaid', 'stateDiagram-v2', ...diagramLines(toDirectedGraph(streamMachine)), '```'].join('\n');

const commands = ['START', 'PAUSE', 'RESUME', 'STOP', 'RESTART', 'RECOVER', 'DELETE'] as const;
const error = new MillraceError({ code: 'X', recovery: 'operator', message: '' });

type Value = Parameters<typeof streamMachine.resolveState>[0]['value'];

/** Where it matters why a state was entered. */
const reasons: Readonly<Record<string, readonly Intent[]>> = {
  'streaming.draining': ['pause', 'restart', 'stop'],
  closing: ['pause', 'restart', 'stop', 'finish', 'retry', 'fail', 'reject'],
};

interface RestingState {
  readonly name: string;
  readonly value: Value;
  readonly intent: Intent;
}

/** Every state the machine can rest in, once for each reason that makes a difference there. */
const restingStates = (): readonly RestingState[] =>
  Object.values(streamMachine.states).flatMap(({ key, states }) => {
    const children = Object.keys(states);
    const names = children.length === 0 ? [key] : children.map((child) => `${key}.${child}`);
    return names.flatMap((name) => {
      const [parent = name, child] = name.split('.');
      const value = (child === undefined ? parent : { [parent]: child }) as Value;
      const intents = reasons[name];
      if (intents === undefined) return [{ name, value, intent: 'run' as const }];
      return intents.map((intent) => ({ name: `${name} (${intent})`, value, intent }));
    });
  });

const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : (Object.entries(value as Record<string, string>).map((pair) => pair.join('.'))[0] ?? '');

/** What users see in each state, and where each command leads. */
export const lifecycleTables = (): string => {
  const rows = restingStates().map(({ name, value, intent }) => {
    const context = { intent, attempt: 1, error, finished: null };
    const snapshot = streamMachine.resolveState({ value, context });
    const targets = commands.map((type) => {
      const [next] = transition(streamMachine, snapshot, { type });
      if (textOf(next.value) !== textOf(snapshot.value)) return textOf(next.value);
      return next.context.intent === intent ? '' : `then ${next.context.intent}`;
    });
    return [`\`${name}\``, `\`${toStreamState(snapshot, null, null).status}\``, ...targets];
  });
  return table(['state of the machine', 'status', ...commands], rows);
};
