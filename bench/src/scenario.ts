import type { PostgresBinaries } from '@millrace/testkit/servers';
import type { TextTable } from './report/text-table.ts';
import type { Verdict } from './report/verdict.ts';
import type { Form } from './runs/form.ts';

/** What a scenario is told. */
export interface ScenarioContext {
  readonly postgres: PostgresBinaries;
  readonly runs: number;
  /** The size to use in place of a full size. */
  readonly size: (full: number) => number;
  /** The forms of values that the built packages can carry. */
  readonly forms: readonly Form[];
  /** Where to put CPU profiles; `null`: none are wanted. */
  readonly profiles: string | null;
  /** Says what is going on. */
  readonly say: (text: string) => void;
}

/** What came of a scenario. */
export interface ScenarioReport {
  /** For people. */
  readonly table: TextTable;
  /** What is worth knowing beside the table: counters, forms that could not be measured, profiles. */
  readonly notes: readonly string[];
  readonly verdicts: readonly Verdict[];
  /** The most memory that our process had in any run, in bytes; `null` where it was not measured. */
  readonly residentBytes: number | null;
  /** Everything measured, for the JSON file. */
  readonly measured: unknown;
}

/** One question that is measured. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** Rejects when the rows differ or a side fails: there is no report then. */
  run(context: ScenarioContext): Promise<ScenarioReport>;
}
