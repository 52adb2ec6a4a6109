import { describe, expect, it } from 'vitest';
import { assign, fromPromise, setup } from 'xstate';
import { stateName, walkMachine } from './machine-walk.ts';

/** `door`: where it goes from `open` when it is locked. */
const machineOf = (locked: 'locked' | 'open') =>
  setup({
    types: { context: {} as { turns: number }, events: {} as { type: 'LOCK' } | { type: 'TURN' } },
    actors: { ringing: fromPromise(async () => {}) },
    delays: { soon: 1_000 },
    guards: { isTurned: ({ context }) => context.turns >= 2 },
  }).createMachine({
    context: { turns: 0 },
    initial: 'closed',
    states: {
      closed: { on: { TURN: 'open', LOCK: 'locked' } },
      open: {
        initial: 'quiet',
        on: { LOCK: locked },
        states: {
          quiet: { after: { soon: 'ringing' } },
          ringing: { invoke: { id: 'ring', src: 'ringing', onDone: 'quiet', onError: '#broken' } },
        },
      },
      locked: {
        on: {
          TURN: [
            { guard: 'isTurned', target: 'closed' },
            { actions: assign({ turns: ({ context }) => context.turns + 1 }) },
          ],
        },
      },
      broken: { id: 'broken' },
    },
  });

const walkOf = (locked: 'locked' | 'open') =>
  walkMachine(machineOf(locked), {
    events: [{ type: 'LOCK' }, { type: 'TURN' }],
    distinguish: ({ turns }) => turns,
    ghosts: { locked: false },
    follow: ({ event, ghosts }) => ({ locked: event.type === 'LOCK' || (ghosts.locked && event.type !== 'TURN') }),
    broken: ({ after }, known) => (known.locked && stateName(after).startsWith('open') ? ['open although locked'] : []),
  });

describe('a walk through a machine', () => {
  it('comes to every state: by events, by delays, by the ends of actors, and by what the context decides', () => {
    const { states, violations, edges } = walkOf('locked');
    expect([...states].sort()).toEqual(['broken', 'closed', 'locked', 'open.quiet', 'open.ringing']);
    expect([...violations]).toEqual([]);
    expect(edges).toBeGreaterThan(20);
  });

  it('says where a promise breaks', () => {
    expect([...walkOf('open').violations]).toContain('open although locked: open.ringing --LOCK--> open.quiet');
  });
});
