import { join } from 'node:path';
import { backlogTable, largestResident } from '../report/backlog-table.ts';
import { ratioVerdict } from '../report/verdict.ts';
import { MariadbBacklog } from '../runs/mariadb-backlog.ts';
import type { StartMariadbSide } from '../runs/mariadb-place.ts';
import { mariadbReplica } from '../runs/mariadb-replica.ts';
import type { RunResult } from '../runs/measure-run.ts';
import { nativeToOurs } from '../runs/measurements.ts';
import { ourMariadbStream } from '../runs/our-mariadb-stream.ts';
import { profileNotes } from '../runs/profile-run.ts';
import { rotated } from '../runs/rotated.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { targetSettings } from '../servers/mysql-target.ts';
import {
  deleteBinlogItems,
  insertBinlogItems,
  insertSingleMariadbItems,
  updateBinlogItems,
} from '../workloads/binlog-items.ts';

interface Question {
  readonly name: string;
  readonly summary: string;
  /** Changes at full size. */
  readonly full: number;
  readonly preload?: (rows: number) => readonly string[];
  readonly load: (rows: number) => readonly string[];
  /** What the time of the replica divided by ours should be; `null`: it is only reported. */
  readonly target: number | null;
}

const side = (label: string, which: 'ours' | 'native', start: StartMariadbSide) => ({
  configuration: { label, side: which, form: 'text', synchronousCommit: 'on' } as const,
  start,
  runs: [] as RunResult[],
});

const runQuestion = async (
  { name, full, preload, load, target }: Question,
  { profiles, runs, size, say }: ScenarioContext,
): Promise<ScenarioReport> => {
  const changes = size(full);
  say(`making ${changes.toLocaleString('en')} changes`);
  await using backlog = await MariadbBacklog.make({ preload: preload?.(changes) ?? [], load: load(changes) });
  const sides = [side('ours', 'ours', ourMariadbStream()), side('replica, one worker', 'native', mariadbReplica)];
  for (let round = 1; round <= runs; round++) {
    for (const { configuration, start, runs: results } of rotated(sides, round - 1)) {
      const result = await backlog.measure(start);
      results.push(result);
      say(`run ${round}, ${configuration.label}: ${result.seconds.toFixed(2)} s, rows equal`);
    }
  }
  const all = sides.map(({ configuration, runs: results }) => ({ configuration, runs: results }));
  const notes: string[] = [];
  if (profiles !== null) {
    const file = join(profiles, `${name}.cpuprofile`);
    const { seconds } = await backlog.measure(ourMariadbStream(file));
    notes.push(...(await profileNotes(`profile of ours, ${seconds.toFixed(2)} s`, file)));
  }
  const verdict = (least: number) =>
    ratioVerdict(name, 'replica with one worker / ours', nativeToOurs(all, 'text', 'on'), [least, null]);
  return {
    table: backlogTable(all, changes),
    notes,
    verdicts: target === null ? [] : [verdict(target)],
    residentBytes: largestResident(all),
    measured: { changes, settings: targetSettings, configurations: all },
  };
};

/** Applies the log of one MariaDB to another one with our stream and as MariaDB's own replica, in turn. */
const mariadbBacklog = (question: Question): Scenario => ({
  name: question.name,
  summary: question.summary,
  run: (context) => runQuestion(question, context),
});

const items = (rows: number) => insertBinlogItems('mariadb', rows);

export const mariadbBacklogs: readonly Scenario[] = [
  mariadbBacklog({
    name: 'mariadb-inserts',
    summary: '1M inserts in transactions of 1,000 from MariaDB to MariaDB, beside its own replica',
    full: 1_000_000,
    load: items,
    target: 0.4,
  }),
  mariadbBacklog({
    name: 'mariadb-updates',
    summary: '500k updates by key in transactions of 1,000 from MariaDB to MariaDB, beside its own replica',
    full: 500_000,
    preload: items,
    load: updateBinlogItems,
    target: null,
  }),
  mariadbBacklog({
    name: 'mariadb-deletes',
    summary: '500k deletes by key in transactions of 1,000 from MariaDB to MariaDB, beside its own replica',
    full: 500_000,
    // Some rows stay, so that there is something to compare.
    preload: (rows) => items(rows + 1_000),
    load: deleteBinlogItems,
    target: null,
  }),
  mariadbBacklog({
    name: 'mariadb-small-transactions',
    summary: '200k transactions of one insert each from MariaDB to MariaDB, beside its own replica',
    full: 200_000,
    load: insertSingleMariadbItems,
    target: 2,
  }),
];
