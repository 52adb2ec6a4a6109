import { join } from 'node:path';
import { median } from '../report/median.ts';
import { readTable } from '../report/read-table.ts';
import { ratioVerdict, type Verdict } from '../report/verdict.ts';
import { measureReader, type Reader, type ReaderResult } from '../runs/measure-reader.ts';
import { profileNotes } from '../runs/profile-run.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { runLoad } from '../servers/run-load.ts';
import { startServer } from '../servers/server-pair.ts';
import { SourceLog } from '../servers/source-log.ts';
import { inTransactions } from '../workloads/in-transactions.ts';
import { insertItems, itemTable, updateItems } from '../workloads/item-table.ts';
import type { Workload } from '../workloads/workload.ts';

const name = 'read';

const readers = {
  ours: { label: 'ours, into nothing', program: 'read-stream', pause: 0 },
  eager: { label: 'bare socket, eager', program: 'read-socket', pause: 0 },
  shortPauses: { label: 'bare socket, pauses of 1 ms', program: 'read-socket', pause: 1 },
  longPauses: { label: 'bare socket, pauses of 5 ms', program: 'read-socket', pause: 5 },
  library: { label: 'pg-logical-replication', program: 'read-library', pause: 0 },
} satisfies Record<string, Reader>;

type ReaderName = keyof typeof readers;

/** The runs of every reader. */
type ReaderRuns = Readonly<Record<ReaderName, readonly ReaderResult[]>>;

const workloadOf = (size: ScenarioContext['size']): Workload => {
  const [inserted, updated] = [size(1_000_000), size(200_000)];
  const perTransaction = 1_000;
  return {
    tables: [itemTable],
    preload: [],
    load: {
      kind: 'statements',
      statements: [
        inTransactions({ rows: inserted, perTransaction }, insertItems),
        inTransactions({ rows: updated, perTransaction }, updateItems),
      ],
    },
    changes: inserted + updated,
  };
};

const verdictsOn = (runs: ReaderRuns): readonly Verdict[] => {
  const seconds = (reader: ReaderName) => median(runs[reader].map((run) => run.seconds));
  const cpu = (reader: ReaderName) => median(runs[reader].map((run) => run.cpu.node));
  const socket = Math.min(seconds('eager'), seconds('shortPauses'), seconds('longPauses'));
  return [
    ratioVerdict(name, 'our rate / the best of the bare sockets', socket / seconds('ours'), [0.95, null]),
    {
      scenario: name,
      measure: 'our CPU / that of pg-logical-replication',
      value: cpu('ours') / cpu('library'),
      aim: { better: 'at-most', target: 0.33, floor: null, unit: 'x' },
    },
  ];
};

const run = async ({ postgres, runs, size, profiles, say }: ScenarioContext): Promise<ScenarioReport> => {
  const workload = workloadOf(size);
  const { changes, tables, preload } = workload;
  await using server = await startServer(postgres);
  const source = await SourceLog.make(server, tables, preload);
  say(`making ${changes.toLocaleString('en')} changes`);
  await runLoad(source.url, workload);
  let count = 0;
  const measure = (reader: Reader, profile: string | null = null) =>
    measureReader(reader, { source, slot: `read_${++count}`, tables: tables.map((t) => t.name), changes, profile });
  const results: Record<ReaderName, ReaderResult[]> = {
    ours: [],
    eager: [],
    shortPauses: [],
    longPauses: [],
    library: [],
  };
  for (let round = 1; round <= runs; round++) {
    for (const reader of Object.keys(readers) as ReaderName[]) {
      const result = await measure(readers[reader]);
      results[reader].push(result);
      say(`run ${round}, ${readers[reader].label}: ${result.seconds.toFixed(2)} s, every change counted`);
    }
  }
  const notes: string[] = [];
  if (profiles !== null) {
    const file = join(profiles, `${name}.cpuprofile`);
    await measure(readers.ours, file);
    notes.push(...(await profileNotes('profile of ours', file)));
  }
  const labelled = (Object.keys(readers) as ReaderName[]).map((reader) => ({
    label: readers[reader].label,
    runs: results[reader],
  }));
  return {
    table: readTable(labelled, changes),
    notes,
    verdicts: verdictsOn(results),
    residentBytes: Math.max(...results.ours.map(({ residentBytes }) => residentBytes)),
    measured: { changes, readers: labelled },
  };
};

/** Reads the log without writing it anywhere, beside what else can read it. */
export const read: Scenario = {
  name,
  summary: '1M inserts and 200k updates in transactions of 1,000, read and dropped',
  run,
};
