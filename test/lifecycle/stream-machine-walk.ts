import { MillraceError, type Recovery } from '@millrace/core';
import { type MachineWalkResult, stateName, walkMachine } from '@millrace/testkit/machine';
import type { AnyStateMachine } from 'xstate';

const commands = ['START', 'PAUSE', 'RESUME', 'STOP', 'RESTART', 'RECOVER', 'DELETE', 'PROGRESS'];
const recoveries: readonly Recovery[] = ['retry', 'operator', 'recover'];

const opening = new Set(['starting', 'recovering', 'resuming', 'reconnecting', 'restarting']);
const ended = new Set(['notStarted', 'paused', 'stopped', 'finished', 'failedPermanently', 'waiting', 'deleting']);

/** Every event in every state of the machine of streams, and which promises of docs/lifecycle.md break. */
export const walkStreamMachine = (machine: AnyStateMachine): MachineWalkResult =>
  walkMachine(machine, {
    events: commands.map((type) => ({ type })),
    outputs: (actor) => (actor === 'run' ? [null, 'event-limit', 'snapshot-complete'] : [undefined]),
    errors: (actor) =>
      actor === 'close'
        ? []
        : recoveries.map((recovery) => new MillraceError({ code: recovery, recovery, message: recovery })),
    distinguish: ({ intent, attempt, finished }) => [intent, Math.min(attempt, 2), finished],
    /** `stopAsked`: for the end of this run. `connected`: connections are open. */
    ghosts: { stopAsked: false, connected: false },
    follow({ before, event, after, ghosts }) {
      const [from, to] = [stateName(before), stateName(after)];
      const isNewRun = event.type === 'START' || event.type === 'RECOVER';
      const isAsked = event.type === 'STOP' ? before.hasTag('open') || from === 'waiting' : ghosts.stopAsked;
      return {
        stopAsked: isAsked && !(isNewRun && to !== from),
        connected: opening.has(to) || (ghosts.connected && !(from === 'closing' && to !== 'closing')),
      };
    },
    broken({ before, event, after, ghosts }) {
      const [from, to] = [stateName(before), stateName(after)];
      const isStop = event.type === 'STOP';
      const isNewRun = event.type === 'START' || event.type === 'RECOVER';
      const promises: readonly (readonly [string, boolean])[] = [
        ['opened again after stop', opening.has(to) && from !== to && ghosts.stopAsked && !isNewRun],
        ['left connections open', ended.has(to) && ghosts.connected && from !== 'closing'],
        ['runs without connections', to.startsWith('streaming') && !ghosts.connected],
        ['stop ignored', isStop && (opening.has(to) || ['streaming.flowing', 'waiting', 'paused'].includes(to))],
        ['a stop became a pause', to === 'paused' && from === 'closing' && ghosts.stopAsked],
        ['failed without an error', to === 'failedPermanently' && after.context.error === null],
        ['finished without a reason', to === 'finished' && after.context.finished === null],
      ];
      return promises.filter(([, isBroken]) => isBroken).map(([promise]) => promise);
    },
  });
