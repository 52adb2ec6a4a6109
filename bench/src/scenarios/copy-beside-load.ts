import type { StartCopy } from '../copies/copy-side.ts';
import { FilledDatabase } from '../copies/filled-database.ts';
import { type LoadResult, measureAlone, measureBesideLoad } from '../copies/measure-beside-load.ts';
import { ourCopy } from '../copies/our-copy.ts';
import { dumpedCopy } from '../copies/shell-copy.ts';
import { createCounter } from '../copies/source-load.ts';
import { median } from '../report/median.ts';
import { numberText } from '../report/number-text.ts';
import type { TextTable } from '../report/text-table.ts';
import { ratioVerdict } from '../report/verdict.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { markerTable } from '../servers/publication.ts';
import { ServerPair } from '../servers/server-pair.ts';
import { insertItems, itemTable } from '../workloads/item-table.ts';

const name = 'copy-beside-load';
const logSegments = 96;
/** Seconds in which the application is watched by itself. */
const alone = 5;

interface LoadSide {
  readonly label: string;
  readonly start: StartCopy;
  readonly afterwards: 'follows' | 'ends';
  readonly runs: LoadResult[];
}

const transactionsOf = ({ runs }: Pick<LoadSide, 'runs'>): number => median(runs.map((run) => run.transactions));

const tableOf = (byItself: number, sides: readonly LoadSide[]): TextTable => {
  const { count, seconds, ratio } = numberText;
  return {
    header: ['', 'tx/s', 'of those alone', 'copy s', 'tx lost'],
    rows: [
      ['nothing', count(byItself), ratio(1), '-', '-'],
      ...sides.map((side) => {
        const transactions = transactionsOf(side);
        const time = median(side.runs.map(({ copy }) => copy.seconds));
        const lost = (byItself - transactions) * time;
        return [side.label, count(transactions), ratio(transactions / byItself), seconds(time), count(lost)];
      }),
    ],
  };
};

const run = async ({ postgres, runs, size, say }: ScenarioContext): Promise<ScenarioReport> => {
  const rows = size(3_000_000);
  await using servers = await ServerPair.start(postgres, size(logSegments));
  say(`making ${rows.toLocaleString('en')} rows`);
  const fill = [insertItems('1', String(rows)), createCounter];
  const database = await FilledDatabase.make(servers, [itemTable, markerTable], fill);
  const one: LoadSide = { label: 'ours, one range', start: ourCopy(1), afterwards: 'follows', runs: [] };
  const two: LoadSide = { label: 'ours, two ranges', start: ourCopy(2), afterwards: 'follows', runs: [] };
  const dump: LoadSide = { label: 'pg_dump | psql', start: dumpedCopy, afterwards: 'ends', runs: [] };
  const sides = [one, dump, two];
  const byItself: number[] = [];
  for (let round = 1; round <= runs; round++) {
    byItself.push(await measureAlone(database, rows, alone));
    for (const { label, start, afterwards, runs: results } of sides) {
      const result = await measureBesideLoad(database, start, rows, afterwards);
      results.push(result);
      const compared = afterwards === 'follows' ? 'rows equal' : 'rows not compared';
      say(`run ${round}, ${label}: ${result.transactions.toFixed(0)} transactions/s, ${compared}`);
    }
  }
  const beside = (side: LoadSide) =>
    ratioVerdict(name, `tx/s beside ${side.label} / beside pg_dump`, transactionsOf(side) / transactionsOf(dump), [
      1,
      null,
    ]);
  return {
    table: tableOf(median(byItself), sides),
    notes: [],
    verdicts: [beside(one), beside(two)],
    residentBytes: null,
    measured: { rows, alone: byItself, sides: sides.map(({ label, runs: results }) => ({ label, runs: results })) },
  };
};

/** How much the application at the source is slowed down. */
export const copyBesideLoad: Scenario = {
  name,
  summary: 'pgbench updates a table of 3M rows: alone, while we copy it and catch up, and beside pg_dump',
  run,
};
