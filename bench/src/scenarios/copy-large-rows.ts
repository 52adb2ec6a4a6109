import type { CopyPlace } from '../copies/copy-side.ts';
import { compareRows, FilledDatabase } from '../copies/filled-database.ts';
import { type CopyResult, measureCopy } from '../copies/measure-copy.ts';
import { ourCopy } from '../copies/our-copy.ts';
import { psqlCopies } from '../copies/shell-copy.ts';
import { copyTable, residentOf } from '../report/copy-table.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { ServerPair } from '../servers/server-pair.ts';
import { documentTable, insertDocuments } from '../workloads/large-documents.ts';
import { copyMemoryVerdict } from './copy.ts';

const name = 'copy-large-rows';
/** As much as a copy at full size writes at the target. */
const logSegments = 48;

const run = async ({ postgres, runs, size, say }: ScenarioContext): Promise<ScenarioReport> => {
  const rows = size(1_000);
  await using servers = await ServerPair.start(postgres, size(logSegments));
  say(`making ${rows.toLocaleString('en')} rows`);
  const database = await FilledDatabase.make(servers, [documentTable], [insertDocuments(rows)]);
  const expected = await database.fingerprints();
  const compare = (place: CopyPlace) => compareRows(place, expected);
  const sides = [
    { label: 'ours, one range', start: ourCopy(1), runs: [] as CopyResult[] },
    { label: 'psql | psql, binary', start: psqlCopies('binary'), runs: [] as CopyResult[] },
    { label: 'ours, two ranges', start: ourCopy(2), runs: [] as CopyResult[] },
  ];
  for (let round = 1; round <= runs; round++) {
    for (const { label, start, runs: results } of sides) {
      const result = await measureCopy(database, start, compare);
      results.push(result);
      say(`run ${round}, ${label}: ${result.seconds.toFixed(2)} s, rows equal`);
    }
  }
  return {
    table: copyTable(sides, rows),
    notes: [],
    verdicts: [copyMemoryVerdict(name, residentOf(sides.flatMap((side) => side.runs)))],
    // Held against an aim of its own.
    residentBytes: null,
    measured: { rows, sides: sides.map(({ label, runs: results }) => ({ label, runs: results })) },
  };
};

/** How much memory large rows take. */
export const copyLargeRows: Scenario = {
  name,
  summary: '1,000 rows of 96 kB to 1 MB, out of line, copied',
  run,
};
