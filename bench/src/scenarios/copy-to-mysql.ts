import { join } from 'node:path';
import type { MysqlName } from '@millrace/test/harness';
import { CopiedToMysql } from '../copies/copied-to-mysql.ts';
import type { StartCopy } from '../copies/copy-side.ts';
import { loadData } from '../copies/load-data.ts';
import { type CopyResult, measureCopy } from '../copies/measure-copy.ts';
import { ourCopyToMysql } from '../copies/our-copy.ts';
import { copyTable, medianCopy, residentOf } from '../report/copy-table.ts';
import { ratioVerdict } from '../report/verdict.ts';
import { profileNotes } from '../runs/profile-run.ts';
import { rotated } from '../runs/rotated.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { targetSettings } from '../servers/mysql-target.ts';
import { startServer } from '../servers/server-pair.ts';
import { copyMemoryVerdict } from './copy.ts';

interface CopyTarget {
  /** Of the scenario. */
  readonly name: string;
  readonly server: MysqlName;
  readonly summary: string;
}

const runOn = async (
  { name, server }: CopyTarget,
  { postgres, runs, size, profiles, say }: ScenarioContext,
): Promise<ScenarioReport> => {
  const rows = size(3_000_000);
  await using source = await startServer(postgres);
  say(`making ${rows.toLocaleString('en')} rows`);
  await using database = await CopiedToMysql.make(source, server, rows);
  const side = (label: string, start: StartCopy) => ({ label, start, runs: [] as CopyResult[] });
  const one = side('ours, one range', ourCopyToMysql(1));
  const two = side('ours, two ranges', ourCopyToMysql(2));
  const load = side('LOAD DATA LOCAL', loadData(server, database.file));
  const sides = [one, load, two];
  for (let round = 1; round <= runs; round++) {
    for (const { label, start, runs: results } of rotated(sides, round - 1)) {
      const result = await measureCopy(database, start, database.compare);
      results.push(result);
      say(`run ${round}, ${label}: ${result.seconds.toFixed(2)} s, rows equal`);
    }
  }
  const notes: string[] = [];
  if (profiles !== null) {
    const file = join(profiles, `${name}.cpuprofile`);
    await measureCopy(database, ourCopyToMysql(1, file), database.compare);
    notes.push(...(await profileNotes('profile of ours, one range', file)));
  }
  return {
    table: copyTable(sides, rows),
    notes,
    verdicts: [
      ...[one, two].map((ours) =>
        ratioVerdict(name, `${load.label} / ${ours.label}`, medianCopy(load) / medianCopy(ours), [0.8, null]),
      ),
      copyMemoryVerdict(name, residentOf([...one.runs, ...two.runs])),
    ],
    // Held against an aim of its own.
    residentBytes: null,
    measured: {
      rows,
      settings: targetSettings,
      sides: sides.map(({ label, runs: results }) => ({ label, runs: results })),
    },
  };
};

const scenarioOf = (target: CopyTarget): Scenario => ({
  name: target.name,
  summary: target.summary,
  run: (context) => runOn(target, context),
});

export const copyToMysql = scenarioOf({
  name: 'copy-to-mysql',
  server: 'mysql',
  summary: '3M rows copied from PostgreSQL to MySQL, beside LOAD DATA of the same rows from a file',
});

export const copyToMariadb = scenarioOf({
  name: 'copy-to-mariadb',
  server: 'mariadb-11.8',
  summary: '3M rows copied from PostgreSQL to MariaDB, beside LOAD DATA of the same rows from a file',
});
