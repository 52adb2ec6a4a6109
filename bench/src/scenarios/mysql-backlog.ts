import { join } from 'node:path';
import type { PostgresServer } from '@millrace/test/harness';
import { type Fingerprints, readFingerprints } from '../measure/fingerprint.ts';
import { backlogTable } from '../report/backlog-table.ts';
import { ratioVerdict } from '../report/verdict.ts';
import { Backlog } from '../runs/backlog.ts';
import { BinlogBacklog } from '../runs/binlog-backlog.ts';
import { measureRun, type RunResult } from '../runs/measure-run.ts';
import { type Measurements, medianSeconds } from '../runs/measurements.ts';
import { ourStream } from '../runs/our-stream.ts';
import { profileNotes } from '../runs/profile-run.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { markerTable } from '../servers/publication.ts';
import { ServerPair } from '../servers/server-pair.ts';
import { TargetTemplate } from '../servers/target-template.ts';
import { withClient } from '../servers/with-client.ts';
import { insertBinlogItems, insertSingleMariadbItems } from '../workloads/binlog-items.ts';
import { inTransactions } from '../workloads/in-transactions.ts';
import { insertItems, itemTable } from '../workloads/item-table.ts';

const name = 'mysql-backlog';

/** As much as one run at full size writes at the target, and more. */
const logSegments = 64;

/** What the items up to a number are, with the marker. */
const itemsUpTo = async (server: PostgresServer, last: number): Promise<Fingerprints> => {
  const tables = [itemTable, markerTable];
  const statements = [insertItems('1', String(last)), 'INSERT INTO marker VALUES (1)'];
  const made = await TargetTemplate.make(server, tables, statements, 'expected');
  return withClient(made.url('expected'), (client) => readFingerprints(client, tables, 'as-they-are'));
};

const measurements = (label: string, runs: readonly RunResult[]): Measurements => ({
  configuration: { label, side: 'ours', form: 'text', synchronousCommit: 'on' },
  runs,
});

const run = async (context: ScenarioContext): Promise<ScenarioReport> => {
  const { postgres, profiles, runs, size, say } = context;
  const [rows, single] = [size(1_000_000), size(200_000)];
  await using servers = await ServerPair.start(postgres, Math.ceil(size(logSegments)));
  say(`making ${rows.toLocaleString('en')} changes in transactions of 1,000, at both sources`);
  const statements = [inTransactions({ rows, perTransaction: 1_000 }, insertItems)];
  const workload = {
    tables: [itemTable],
    preload: [],
    load: { kind: 'statements', statements },
    changes: rows,
  } as const;
  const beside = await Backlog.make(servers, workload);
  await using large = await BinlogBacklog.make(servers.target, {
    name: 'large',
    statements: insertBinlogItems('mariadb', rows),
    expected: beside.expected['as-they-are'],
  });
  const [ours, theirs]: [RunResult[], RunResult[]] = [[], []];
  for (let round = 1; round <= runs; round++) {
    const result = await large.measure();
    ours.push(result);
    say(`run ${round}, MariaDB to PostgreSQL: ${result.seconds.toFixed(2)} s, rows equal`);
    const other = await measureRun(beside, ourStream({ form: 'text' }));
    theirs.push(other);
    say(`run ${round}, PostgreSQL to PostgreSQL, text: ${other.seconds.toFixed(2)} s, rows equal`);
  }
  const all = [
    measurements('MariaDB to PostgreSQL', ours),
    measurements('PostgreSQL to PostgreSQL, text', theirs),
  ] as const;
  const notes: string[] = [];
  if (profiles !== null) {
    const file = join(profiles, `${name}.cpuprofile`);
    await large.measure(file);
    notes.push(...(await profileNotes('profile of MariaDB to PostgreSQL', file)));
  }
  say(`making ${single.toLocaleString('en')} transactions of one row`);
  await using small = await BinlogBacklog.make(servers.target, {
    name: 'small',
    statements: insertSingleMariadbItems(single),
    expected: await itemsUpTo(servers.target, single),
  });
  const singles: RunResult[] = [];
  for (let round = 1; round <= runs; round++) singles.push(await small.measure());
  const seconds = medianSeconds(measurements('', singles));
  const singleRate = Math.round(single / seconds).toLocaleString('en');
  notes.push(`transactions of one row: ${single} in ${seconds.toFixed(2)} s, ${singleRate}/s, rows equal`);
  const residentBytes = Math.max(...[...ours, ...singles].map((result) => result.residentBytes ?? 0));
  return {
    table: backlogTable(all, rows),
    notes,
    verdicts: [
      ratioVerdict(name, 'PostgreSQL as the source, text / MariaDB', medianSeconds(all[1]) / medianSeconds(all[0]), [
        1,
        null,
      ]),
      {
        scenario: name,
        measure: 'most RSS of our process',
        value: residentBytes / 1024 / 1024,
        aim: { better: 'at-most', target: 150, floor: null, unit: ' MB' },
      },
    ],
    residentBytes,
    measured: { changes: rows, configurations: all, single, singles },
  };
};

/** Applies the same rows from MariaDB and from PostgreSQL, in turn. */
export const mysqlBacklog: Scenario = {
  name,
  summary: 'MariaDB to PostgreSQL: 1M inserts in transactions of 1,000; 200k transactions of one row',
  run,
};
