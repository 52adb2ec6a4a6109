import { join } from 'node:path';
import type { WriteTask } from '../programs/write-task.ts';
import { sinkTable } from '../report/sink-table.ts';
import type { RunResult } from '../runs/measure-run.ts';
import { startOurProgram } from '../runs/our-program.ts';
import { profileNotes } from '../runs/profile-run.ts';
import { psqlCopy } from '../runs/psql-copy.ts';
import { WrittenRows } from '../runs/written-rows.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { startServer } from '../servers/server-pair.ts';

const name = 'sink';

const run = async ({ postgres, profiles, runs, size, say }: ScenarioContext): Promise<ScenarioReport> => {
  const rows = size(1_000_000);
  await using server = await startServer(postgres);
  say(`making ${rows.toLocaleString('en')} rows`);
  await using written = await WrittenRows.make(server, rows);
  const ours = (profile: string | null) => (target: string) =>
    startOurProgram('write', { target, rows, profile } satisfies WriteTask, 'as-they-are');
  const sides = [
    { label: 'ours, from memory', start: ours(null), runs: [] as RunResult[] },
    { label: 'psql \\copy', start: (url: string) => psqlCopy(url, written.file), runs: [] as RunResult[] },
  ];
  for (let round = 1; round <= runs; round++) {
    for (const { label, start, runs: results } of sides) {
      const result = await written.measure(start);
      results.push(result);
      say(`run ${round}, ${label}: ${result.seconds.toFixed(2)} s, rows equal`);
    }
  }
  const notes: string[] = [];
  if (profiles !== null) {
    const file = join(profiles, `${name}.cpuprofile`);
    await written.measure(ours(file));
    notes.push(...(await profileNotes('profile of ours', file)));
  }
  return {
    table: sinkTable(sides, rows),
    notes,
    verdicts: [],
    residentBytes: Math.max(...sides.flatMap((side) => side.runs.flatMap(({ residentBytes }) => residentBytes ?? []))),
    measured: { rows, sides: sides.map(({ label, runs: results }) => ({ label, runs: results })) },
  };
};

/** Writing alone. */
export const sink: Scenario = {
  name,
  summary: '1M rows written without a log: made in memory, and copied from a file by psql',
  run,
};
