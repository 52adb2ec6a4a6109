import { join } from 'node:path';
import type { MysqlName } from '@millrace/test/harness';
import type { StartCopy } from '../copies/copy-side.ts';
import { FilledMysql } from '../copies/filled-mysql.ts';
import { type CopyResult, measureCopy } from '../copies/measure-copy.ts';
import { mysqlPipe } from '../copies/mysql-pipe.ts';
import { ourMysqlCopy } from '../copies/our-copy.ts';
import { pgloaderCopy } from '../copies/pgloader-copy.ts';
import { copyTable, medianCopy, residentOf } from '../report/copy-table.ts';
import { ratioVerdict } from '../report/verdict.ts';
import { profileNotes } from '../runs/profile-run.ts';
import { rotated } from '../runs/rotated.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { startServer } from '../servers/server-pair.ts';
import { copyMemoryVerdict } from './copy.ts';

interface CopiedServer {
  /** Of the scenario. */
  readonly name: string;
  readonly server: MysqlName;
  readonly summary: string;
  /** What ours is held against; `null`: pgloader does not work with the server. */
  readonly pgloader: StartCopy | null;
}

const runOn = async (
  { name, server, pgloader }: CopiedServer,
  { postgres, runs, size, profiles, say }: ScenarioContext,
): Promise<ScenarioReport> => {
  const rows = size(3_000_000);
  await using target = await startServer(postgres);
  say(`${server}: making ${rows.toLocaleString('en')} rows`);
  await using database = await FilledMysql.make(server, target, rows);
  const side = (label: string, start: StartCopy) => ({ label, start, runs: [] as CopyResult[] });
  const one = side('ours, one range', ourMysqlCopy(1));
  const two = side('ours, two ranges', ourMysqlCopy(2));
  const other = pgloader === null ? null : side('pgloader', pgloader);
  const sides = [one, ...(other === null ? [] : [other]), two, side('its client | psql', mysqlPipe(server))];
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
    await measureCopy(database, ourMysqlCopy(1, file), database.compare);
    notes.push(...(await profileNotes('profile of ours, one range', file)));
  }
  return {
    table: copyTable(sides, rows),
    notes,
    verdicts: [
      ...(other === null
        ? []
        : [one, two].map((ours) =>
            ratioVerdict(name, `pgloader / ${ours.label}`, medianCopy(other) / medianCopy(ours), [2.5, null]),
          )),
      copyMemoryVerdict(name, residentOf([...one.runs, ...two.runs]), 150),
    ],
    // Held against an aim of its own.
    residentBytes: null,
    measured: { rows, sides: sides.map(({ label, runs: results }) => ({ label, runs: results })) },
  };
};

const scenarioOf = (copied: CopiedServer): Scenario => ({
  name: copied.name,
  summary: copied.summary,
  run: (context) => runOn(copied, context),
});

export const mariadbCopy = scenarioOf({
  name: 'mariadb-copy',
  server: 'mariadb-11.8',
  summary: '3M rows copied from MariaDB to PostgreSQL, beside pgloader and a pipe into psql',
  pgloader: pgloaderCopy,
});

export const mysqlCopy = scenarioOf({
  name: 'mysql-copy',
  server: 'mysql',
  summary: '3M rows copied from MySQL to PostgreSQL, beside a pipe into psql',
  pgloader: null,
});
