import { join } from 'node:path';
import type { MysqlName } from '@millrace/test/harness';
import type { BinlogCount, BinlogTask } from '../programs/binlog-task.ts';
import { median } from '../report/median.ts';
import { readTable } from '../report/read-table.ts';
import { ratioVerdict, type Verdict } from '../report/verdict.ts';
import type { ReaderResult } from '../runs/measure-reader.ts';
import { profileNotes } from '../runs/profile-run.ts';
import { rotated } from '../runs/rotated.ts';
import { timeReader } from '../runs/time-reader.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { type BinlogPlace, BinlogSource, streamId } from '../servers/binlog-source.ts';
import { binlogItemTable, insertBinlogItems, updateBinlogItems } from '../workloads/binlog-items.ts';

const name = 'mysql-read';
const servers = ['mysql', 'mariadb-11.8'] as const satisfies readonly MysqlName[];

const readers = [
  { label: 'ours, into nothing', program: 'read-binlog', target: 8 },
  { label: 'ours, every column as text', program: 'read-binlog-text', target: 3 },
  { label: 'zongji', program: 'read-zongji', target: null },
] as const;

type Reader = (typeof readers)[number];

interface ReaderRuns {
  readonly reader: Reader;
  readonly label: string;
  readonly runs: ReaderResult[];
}

interface Backlog {
  readonly source: BinlogSource;
  readonly place: BinlogPlace;
  readonly changes: number;
  /** Of the keys of all changes. */
  readonly sum: number;
}

const sumUpTo = (count: number): number => (count * (count + 1)) / 2;

/** Reads the log once. Rejects when the reader saw other rows. */
const measure = async (backlog: Backlog, reader: Reader, profile: string | null): Promise<ReaderResult> => {
  const { source, place, changes, sum } = backlog;
  const checkpoints = await source.checkpoints();
  const task: BinlogTask = { connection: source.url, place, checkpoints, id: streamId, changes, profile };
  const { seconds, node, count, residentBytes } = await timeReader<BinlogCount>(reader.program, task, async () => null);
  if (count.changes !== changes || (count.sum !== null && count.sum !== sum))
    throw new Error(
      `${reader.program} saw ${count.changes} changes of ${changes}, with the sum ${count.sum} of ${sum}`,
    );
  return { seconds, cpu: { node, walsender: null }, residentBytes };
};

const verdictsOn = (server: string, all: readonly ReaderRuns[]): readonly Verdict[] => {
  const seconds = (program: string) =>
    median(all.find(({ reader }) => reader.program === program)?.runs.map((run) => run.seconds) ?? []);
  return all.flatMap(({ reader: { label, program, target } }) =>
    target === null
      ? []
      : [ratioVerdict(name, `${server}, zongji / ${label}`, seconds('read-zongji') / seconds(program), [target, null])],
  );
};

const readOf = async (server: MysqlName, context: ScenarioContext) => {
  const { size, say, runs, profiles } = context;
  const [inserted, updated] = [size(1_000_000), size(200_000)];
  await using source = await BinlogSource.start(server, [binlogItemTable]);
  const place = await source.mark();
  const changes = inserted + updated;
  say(`${server}: making ${changes.toLocaleString('en')} changes`);
  await source.load([...insertBinlogItems(source.kind, inserted), ...updateBinlogItems(updated)]);
  const backlog = { source, place, changes, sum: sumUpTo(inserted) + sumUpTo(updated) };
  const all: ReaderRuns[] = readers.map((reader) => ({ reader, label: `${server}: ${reader.label}`, runs: [] }));
  for (let round = 1; round <= runs; round++) {
    for (const { reader, label, runs: done } of rotated(all, round - 1)) {
      const result = await measure(backlog, reader, null);
      done.push(result);
      say(`run ${round}, ${label}: ${result.seconds.toFixed(2)} s, every change counted`);
    }
  }
  const notes: string[] = [];
  for (const reader of profiles === null ? [] : readers.slice(0, 2)) {
    const file = join(profiles ?? '', `${server}-${reader.program}.cpuprofile`);
    await measure(backlog, reader, file);
    notes.push(...(await profileNotes(`profile of ${server}: ${reader.label}`, file)));
  }
  return { changes, all, notes, verdicts: verdictsOn(server, all) };
};

const run = async (context: ScenarioContext): Promise<ScenarioReport> => {
  const results = [];
  for (const server of servers) results.push(await readOf(server, context));
  const all = results.flatMap((result) => result.all);
  const changes = results[0]?.changes ?? 0;
  const ours = all.filter(({ reader }) => reader.target !== null).flatMap(({ runs }) => runs);
  return {
    table: readTable(all, changes),
    notes: results.flatMap(({ notes }) => notes),
    verdicts: results.flatMap(({ verdicts }) => verdicts),
    residentBytes: Math.max(...ours.map(({ residentBytes }) => residentBytes)),
    measured: { changes, readers: all },
  };
};

/** Reads a binlog without writing it anywhere, beside the library that one would use. */
export const mysqlRead: Scenario = {
  name,
  summary: 'MySQL and MariaDB: 1M inserts and 200k updates in transactions of 1,000, read and dropped',
  run,
};
