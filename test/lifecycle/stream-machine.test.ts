import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { streamMachine } from '../../packages/core/src/machine/stream-machine.ts';
import { walkStreamMachine as walk } from './stream-machine-walk.ts';

test('no (state, event) pair breaks a promise, and every state is reached', () => {
  const { violations, states, edges } = walk(streamMachine);
  expect([...violations]).toEqual([]);
  const all = Object.keys(streamMachine.config.states ?? {}).filter((name) => name !== 'streaming');
  expect([...states].sort()).toEqual([...all, 'streaming.draining', 'streaming.flowing'].sort());
  expect(edges).toBeGreaterThan(500);
});

type Config = {
  states: Record<string, { on?: Record<string, unknown>; states?: Record<string, { on: Record<string, unknown> }> }>;
};

/** Deep, with functions kept as they are. */
const copyOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOf(part)]));
};

const broken = (change: (states: Config['states']) => void) => {
  const config = copyOf(streamMachine.config) as Config;
  change(config.states);
  return createMachine(config as never, streamMachine.implementations as never);
};

test.each<[string, string, (states: Config['states']) => void]>([
  ['closing ignores stop', 'opened again after stop', (states) => delete states.closing?.on?.STOP],
  ['draining ignores stop', 'a stop became a pause', (states) => delete states.streaming?.states?.draining?.on.STOP],
  ['waiting ignores stop', 'stop ignored', (states) => delete states.waiting?.on?.STOP],
  [
    'pausing skips closing',
    'left connections open',
    (states) => Object.assign(states.starting?.on ?? {}, { PAUSE: 'paused' }),
  ],
])('the walk catches a broken transition: %s', (_, violation, change) => {
  expect([...walk(broken(change)).violations].some((found) => found.startsWith(violation))).toBe(true);
});
