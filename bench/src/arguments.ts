import { isAbsolute } from 'node:path';
import { parseArgs } from 'node:util';
import { knownPostgresVersions, newestPostgres, type PostgresVersion } from '@millrace/test/harness';

/** What the command line asks for. */
export interface Arguments {
  /** Small sizes and one run: shows that everything works, not how fast it is. */
  readonly quick: boolean;
  /** Names of scenarios; empty: all of them. */
  readonly only: readonly string[];
  readonly runs: number;
  /** The part of every full size that is measured with. */
  readonly part: number;
  /** Where to write everything that was measured. */
  readonly json: string | null;
  /** A version from npm, or the directory of the programs of an installed one. */
  readonly postgres: PostgresVersion | string;
  readonly profile: boolean;
  readonly list: boolean;
}

/** A command line that asks for something that is not there. */
export class WrongArguments extends Error {}

export const usage = `pnpm bench [options]

  --quick             small sizes and one run
  --only <a,b>        only these scenarios
  --runs <n>          runs of each side, 3 unless told
  --part <0.3>        that part of every size, for less time or disk
  --json <file>       write everything measured to a file
  --postgres <14-18>  version of both servers, the newest unless told, or the directory of installed ones
  --profile           one more run of our side with a CPU profile
  --list              name the scenarios and end
`;

const options = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true },
  runs: { type: 'string' },
  part: { type: 'string' },
  json: { type: 'string' },
  postgres: { type: 'string' },
  profile: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
} as const;

const parsed = (words: readonly string[]) => {
  try {
    return parseArgs({ args: words.filter((word) => word !== '--'), options }).values;
  } catch (error) {
    throw new WrongArguments(error instanceof Error ? error.message : String(error));
  }
};

/** Reads the words of a command line. Throws `WrongArguments` with what is wrong. */
export const parseArguments = (words: readonly string[], scenarios: readonly string[]): Arguments => {
  const { quick, only = [], runs, part = quick ? '0.1' : '1', json, postgres, profile, list } = parsed(words);
  const names = only.flatMap((value) => value.split(',')).filter((name) => name !== '');
  const unknown = names.filter((name) => !scenarios.includes(name));
  if (unknown.length > 0)
    throw new WrongArguments(`No scenario ${unknown.join(', ')}; there are ${scenarios.join(', ')}`);
  const count = runs === undefined ? (quick ? 1 : 3) : Number(runs);
  if (!Number.isSafeInteger(count) || count < 1) throw new WrongArguments(`--runs must be a whole number above 0`);
  if (!(Number(part) > 0 && Number(part) <= 1)) throw new WrongArguments(`--part must be above 0 and at most 1`);
  const servers = serversOf(postgres);
  return { quick, only: names, runs: count, part: Number(part), json: json ?? null, postgres: servers, profile, list };
};

const serversOf = (word: string = String(newestPostgres)): PostgresVersion | string => {
  const found = isAbsolute(word) ? word : knownPostgresVersions.find((version) => String(version) === word);
  if (found !== undefined) return found;
  throw new WrongArguments(`--postgres must be one of ${knownPostgresVersions.join(', ')}, or an absolute path`);
};
