import { join } from 'node:path';
import type { CopyPlace, StartCopy } from '../copies/copy-side.ts';
import { compareRows, FilledDatabase } from '../copies/filled-database.ts';
import { type CopyResult, measureCopy } from '../copies/measure-copy.ts';
import { ourCopy } from '../copies/our-copy.ts';
import { dumpedCopy, psqlCopies } from '../copies/shell-copy.ts';
import { subscribedCopy } from '../copies/subscribed-copy.ts';
import { type CopyRuns, copyTable, medianCopy, residentOf } from '../report/copy-table.ts';
import { ratioVerdict, type Verdict } from '../report/verdict.ts';
import { profileNotes } from '../runs/profile-run.ts';
import { rotated } from '../runs/rotated.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { ServerPair } from '../servers/server-pair.ts';
import { insertItems, itemTable } from '../workloads/item-table.ts';

const name = 'copy';
/** As much as a copy at full size writes at the target. */
const logSegments = 256;

const sides = {
  one: { label: 'ours, one range', start: ourCopy(1) },
  psql: { label: 'psql | psql, binary', start: psqlCopies('binary') },
  two: { label: 'ours, two ranges', start: ourCopy(2) },
  native: { label: 'native, binary', start: subscribedCopy('binary') },
  text: { label: 'native, text', start: subscribedCopy('text') },
  dump: { label: 'pg_dump | psql', start: dumpedCopy },
} satisfies Record<string, { readonly label: string; readonly start: StartCopy }>;

type SideName = keyof typeof sides;
const sideNames = Object.keys(sides) as SideName[];

/** The verdict on the memory of our process in copies. */
export const copyMemoryVerdict = (scenario: string, resident: number | null, target = 200): Verdict => ({
  scenario,
  measure: 'most RSS of our process',
  value: resident === null ? null : resident / 1024 / 1024,
  aim: { better: 'at-most', target, floor: null, unit: ' MB' },
});

const verdictsOn = (runs: Readonly<Record<SideName, CopyRuns>>): readonly Verdict[] => {
  const ratio = (other: SideName, ours: SideName) => medianCopy(runs[other]) / medianCopy(runs[ours]);
  const ratios: readonly [other: SideName, ours: SideName, target: number][] = [
    ['psql', 'one', 0.95],
    ['native', 'one', 1.4],
    ['native', 'two', 1.6],
    ['text', 'one', 1.4],
    ['text', 'two', 1.6],
  ];
  return [
    ...ratios.map(([other, ours, target]) =>
      ratioVerdict(name, `${sides[other].label} / ${sides[ours].label}`, ratio(other, ours), [target, null]),
    ),
    copyMemoryVerdict(name, residentOf([...runs.one.runs, ...runs.two.runs])),
  ];
};

const run = async ({ postgres, runs, size, profiles, say }: ScenarioContext): Promise<ScenarioReport> => {
  const rows = size(10_000_000);
  await using servers = await ServerPair.start(postgres, size(logSegments));
  say(`making ${rows.toLocaleString('en')} rows`);
  const database = await FilledDatabase.make(servers, [itemTable], [insertItems('1', String(rows))]);
  const expected = await database.fingerprints();
  const compare = (place: CopyPlace) => compareRows(place, expected);
  const results: Record<SideName, CopyResult[]> = { one: [], psql: [], two: [], native: [], text: [], dump: [] };
  for (let round = 1; round <= runs; round++) {
    for (const side of rotated(sideNames, round - 1)) {
      const result = await measureCopy(database, sides[side].start, compare);
      results[side].push(result);
      say(`run ${round}, ${sides[side].label}: ${result.seconds.toFixed(2)} s, rows equal`);
    }
  }
  const notes: string[] = [];
  if (profiles !== null) {
    const file = join(profiles, `${name}.cpuprofile`);
    await measureCopy(database, ourCopy(1, file), compare);
    notes.push(...(await profileNotes('profile of ours, one range', file)));
  }
  const runsOf = (side: SideName): CopyRuns => ({ label: sides[side].label, runs: results[side] });
  const all = {
    one: runsOf('one'),
    psql: runsOf('psql'),
    two: runsOf('two'),
    native: runsOf('native'),
    text: runsOf('text'),
    dump: runsOf('dump'),
  };
  return {
    table: copyTable(Object.values(all), rows),
    notes,
    verdicts: verdictsOn(all),
    // Held against an aim of its own.
    residentBytes: null,
    measured: { rows, sides: Object.values(all) },
  };
};

/** The first copy of a table. */
export const copy: Scenario = {
  name,
  summary: '10M rows copied from a table into an empty one, beside psql, the native subscription and pg_dump',
  run,
};
