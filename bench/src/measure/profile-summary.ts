import { readFile } from 'node:fs/promises';

/** The part of V8's CPU profile that matters here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds between a sample and the one before it. */
  readonly timeDeltas: readonly number[];
}

/** A function and the time that was spent in it alone. */
export interface SelfTime {
  readonly name: string;
  readonly milliseconds: number;
  /** Of all the time that was not idle. */
  readonly share: number;
}

/** The functions with the most time of their own, most first. */
export const selfTimes = ({ nodes, samples, timeDeltas }: CpuProfile, most: number): readonly SelfTime[] => {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const micros = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '(unknown)';
    micros.set(name, (micros.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  micros.delete('(idle)');
  const busy = [...micros.values()].reduce((sum, value) => sum + value, 0);
  return [...micros]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, value]) => ({ name, milliseconds: value / 1_000, share: value / busy }));
};

const nameOf = ({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string => {
  const name = functionName === '' ? '(anonymous)' : functionName;
  // Enough of the path to tell the packages apart, whose files are all called alike.
  return url === '' ? name : `${name} ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`;
};

export const readProfile = async (file: string): Promise<CpuProfile> => JSON.parse(await readFile(file, 'utf8'));
