import { sampleResidentMemory } from '@millrace/test/harness';
import type { Fingerprints } from '../measure/fingerprint.ts';
import { busySeconds } from '../measure/machine-cpu.ts';
import { cpuSeconds } from '../measure/process-cpu.ts';
import type { CopySide, StartCopy } from './copy-side.ts';
import { compareRows, type FilledDatabase } from './filled-database.ts';

/** What one copy came to; CPU times in seconds. */
export interface CopyResult {
  readonly seconds: number;
  readonly cpu: {
    readonly node: number | null;
    /** Of the whole machine. */
    readonly all: number;
  };
  /** The most memory of our process; `null` where there is none. */
  readonly residentBytes: number | null;
}

const sampleEvery = 20;

/** Lets a side copy, and watches it. */
export const timeCopy = async (side: CopySide): Promise<CopyResult> => {
  const { pid } = side;
  using memory = pid === null ? null : sampleResidentMemory(pid, sampleEvery);
  const busy = busySeconds();
  const before = pid === null ? 0 : cpuSeconds(pid);
  const began = performance.now();
  await side.copy();
  const seconds = (performance.now() - began) / 1_000;
  const node = pid === null ? null : cpuSeconds(pid) - before;
  return { seconds, cpu: { node, all: busySeconds() - busy }, residentBytes: memory?.max ?? null };
};

/** Copies everything once into a fresh database. Rejects when the side fails or the rows differ. */
export const measureCopy = async (
  database: FilledDatabase,
  start: StartCopy,
  expected: Fingerprints,
): Promise<CopyResult> => {
  await using place = await database.newPlace();
  await using side = await start(place);
  const result = await timeCopy(side);
  await side.end();
  await compareRows(place, expected);
  return result;
};
