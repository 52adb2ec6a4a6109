import type { Machine } from '../measure/machine.ts';

/** From here on the figures say more about what else runs than about what is measured. */
const muchLoad = 0.5;

/** The lines above everything: what the figures depend on. */
export const heading = (machine: Machine, runs: number, part: number): readonly string[] => {
  const { cores, processor, node, postgres, load, commit, changed, syncMilliseconds } = machine;
  const lines = [
    `${processor}, ${cores} cores; Node.js ${node}; PostgreSQL ${postgres.version} compiled with ${postgres.optimisation}`,
    `fdatasync of a page: ${syncMilliseconds.toFixed(3)} ms`,
    `runs: ${runs}${part < 1 ? `, ${part} of every size` : ''}; commit ${commit ?? 'unknown'}${changed ? ' with changes' : ''}`,
  ];
  const busy = `Load average ${load.toFixed(2)}: something else runs on this machine, and the figures suffer from it.`;
  return load > muchLoad ? [...lines, busy] : lines;
};
