import { sampleResidentMemory } from '@millrace/test/harness';
import { busySeconds } from '../measure/machine-cpu.ts';
import { cpuSeconds, endedChildrenSeconds, serverCpuSeconds } from '../measure/process-cpu.ts';
import type { CopyPlace, CopySide, StartCopy } from './copy-side.ts';

/** What one copy came to; CPU times in seconds. */
export interface CopyResult {
  readonly seconds: number;
  readonly cpu: {
    /** Of what copies; `null` where the servers do it themselves. */
    readonly own: number | null;
    readonly source: number;
    readonly target: number;
    /** Of everything else on the machine. */
    readonly other: number;
  };
  /** The most memory of what copies; `null` where it is not one process. */
  readonly residentBytes: number | null;
}

/** Something that is copied again and again, each time into a fresh database. */
export interface CopiedDatabase {
  newPlace(): Promise<CopyPlace & AsyncDisposable>;
}

const sampleEvery = 20;

const usedBy = ({ pid }: CopySide, { servers }: CopyPlace) => ({
  own: (pid === null ? 0 : cpuSeconds(pid)) + endedChildrenSeconds(process.pid),
  source: serverCpuSeconds(servers.source),
  target: serverCpuSeconds(servers.target),
  all: busySeconds(),
});

/** Lets a side copy, and watches it. */
export const timeCopy = async (side: CopySide, place: CopyPlace): Promise<CopyResult> => {
  using memory = side.pid === null ? null : sampleResidentMemory(side.pid, sampleEvery);
  const before = usedBy(side, place);
  const began = performance.now();
  await side.copy();
  const seconds = (performance.now() - began) / 1_000;
  const after = usedBy(side, place);
  const [own, source, target] = [after.own - before.own, after.source - before.source, after.target - before.target];
  const other = Math.max(0, after.all - before.all - own - source - target);
  return { seconds, cpu: { own: own === 0 ? null : own, source, target, other }, residentBytes: memory?.max ?? null };
};

/** Copies everything once into a fresh database. Rejects when the side fails, or when `compare` does. */
export const measureCopy = async (
  database: CopiedDatabase,
  start: StartCopy,
  compare: (place: CopyPlace) => Promise<void>,
): Promise<CopyResult> => {
  await using place = await database.newPlace();
  await using side = await start(place);
  const result = await timeCopy(side, place);
  await side.end();
  await compare(place);
  return result;
};
