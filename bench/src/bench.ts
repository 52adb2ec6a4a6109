/** Measures our streams beside what one would use instead, on private servers. Prints tables; see the README here. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { postgresBinaries } from '@millrace/test/harness';
import { type Arguments, parseArguments, usage, WrongArguments } from './arguments.ts';
import { readMachine } from './measure/machine.ts';
import { heading } from './report/heading.ts';
import { renderTable } from './report/text-table.ts';
import { memoryVerdict, verdictTable } from './report/verdict-table.ts';
import { builtForms } from './runs/built-forms.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from './scenario.ts';
import { scenarios } from './scenarios/scenario-list.ts';
import { installedPostgres } from './servers/installed-postgres.ts';

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const contextOf = async ({ postgres, runs, part, profile }: Arguments): Promise<ScenarioContext> => ({
  postgres: await (typeof postgres === 'number' ? postgresBinaries(postgres) : installedPostgres(postgres)),
  runs,
  size: (full) => Math.round(full * part),
  forms: builtForms(),
  profiles: profile ? await mkdtemp(join(tmpdir(), 'millrace-bench-profiles-')) : null,
  say: (text) => print(`  ${text}`),
});

const printReport = ({ table, notes }: ScenarioReport): void => {
  print(`\n${renderTable(table)}\n`);
  for (const note of notes) print(note);
};

/** Runs scenario after scenario; one that fails is told of and does not keep the others from running. */
const runAll = async (chosen: readonly Scenario[], context: ScenarioContext) => {
  const reports = new Map<string, ScenarioReport>();
  const failed: string[] = [];
  for (const { name, summary, run } of chosen) {
    print(`\n${name}: ${summary}`);
    try {
      const report = await run(context);
      reports.set(name, report);
      printReport(report);
    } catch (error) {
      failed.push(name);
      print(`\nFAILED: ${name}: ${inspect(error)}\n`);
    }
  }
  return { reports, failed };
};

/** Where a file lies that was named where the command was given, which is not where this program runs. */
const fromCaller = (file: string): string => resolve(process.env.INIT_CWD ?? '.', file);

const measure = async (given: Arguments): Promise<number> => {
  const context = await contextOf(given);
  const machine = await readMachine(context.postgres);
  for (const line of heading(machine, given.runs, given.part)) print(line);
  if (!context.forms.includes('binary')) print('The built packages carry no binary values: only text is measured.');
  const chosen = scenarios.filter(({ name }) => given.only.length === 0 || given.only.includes(name));
  const { reports, failed } = await runAll(chosen, context);
  const all = [...reports.values()];
  const memory = memoryVerdict(all.flatMap(({ residentBytes }) => residentBytes ?? []));
  const verdicts = [...all.flatMap((report) => report.verdicts), memory];
  print(`\n${renderTable(verdictTable(verdicts))}`);
  if (given.json !== null) {
    const measured = Object.fromEntries(reports);
    const everything = { machine, arguments: given, forms: context.forms, scenarios: measured, failed, verdicts };
    await writeFile(fromCaller(given.json), `${JSON.stringify(everything, null, 2)}\n`);
  }
  if (failed.length > 0) print(`\nFAILED: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
};

const main = async (): Promise<number> => {
  const names = scenarios.map(({ name }) => name);
  const given = parseArguments(process.argv.slice(2), names);
  if (!given.list) return measure(given);
  for (const { name, summary } of scenarios) print(`${name.padEnd(20)}${summary}`);
  return 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof WrongArguments)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
