import type { Transform } from '../programs/transforms.ts';
import { backlogTable, largestResident } from '../report/backlog-table.ts';
import { ratioVerdict, type Verdict } from '../report/verdict.ts';
import { Backlog } from '../runs/backlog.ts';
import { type Configuration, configurations } from '../runs/configuration.ts';
import type { Form } from '../runs/form.ts';
import { measureRun } from '../runs/measure-run.ts';
import { type Measurements, nativeToOurs } from '../runs/measurements.ts';
import { profileRun } from '../runs/profile-run.ts';
import { rotated } from '../runs/rotated.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { ServerPair } from '../servers/server-pair.ts';
import type { Workload } from '../workloads/workload.ts';

/** What a ratio should be: one of our forms against the same form of the native side. */
interface RatioAim {
  /** `default`: what a stream uses unless told, binary where there is one. */
  readonly form: Form | 'default';
  readonly synchronousCommit: 'on' | 'off';
  readonly target: number;
  readonly floor: number | null;
}

interface BacklogQuestion {
  readonly name: string;
  readonly summary: string;
  readonly workload: (size: ScenarioContext['size']) => Workload;
  /** What our stream does to every change; unless told, nothing. Rows that are transformed come as text. */
  readonly transform?: Transform;
  readonly aims: readonly RatioAim[];
}

/** As much as one run at full size writes at the target, and more. */
const logSegments = 64;

const verdictOn = (name: string, all: readonly Measurements[], forms: readonly Form[], aim: RatioAim): Verdict => {
  const form = aim.form === 'default' ? (forms.at(-1) ?? 'text') : aim.form;
  const measure = `native ${form}, ${aim.synchronousCommit} / ours ${form}`;
  const value = nativeToOurs(all, form, aim.synchronousCommit);
  return ratioVerdict(name, measure, value, [aim.target, aim.floor]);
};

/** What streams counted: a fallback to one change at a time would explain a slow run. */
const counterNotes = (all: readonly Measurements[]): readonly string[] =>
  all.flatMap(({ configuration, runs }) =>
    runs.flatMap(({ counters }, index) =>
      Object.entries(counters).map(([code, count]) => `${configuration.label}, run ${index + 1}: ${code} ${count}`),
    ),
  );

const measureAll = async (
  backlog: Backlog,
  sides: readonly Configuration[],
  { runs, say }: ScenarioContext,
): Promise<readonly Measurements[]> => {
  const all = sides.map((configuration) => ({ configuration, runs: [] as Measurements['runs'][number][] }));
  for (let run = 1; run <= runs; run++) {
    // Another one begins every time, still in turn, so that none is always behind the same one.
    for (const { configuration, runs: done } of rotated(all, 2 * (run - 1))) {
      const result = await measureRun(backlog, configuration.start);
      done.push(result);
      say(`run ${run}, ${configuration.label}: ${result.seconds.toFixed(2)} s, rows equal`);
    }
  }
  return all.map(({ configuration: { start: _, ...configuration }, runs: done }) => ({ configuration, runs: done }));
};

const runQuestion = async (question: BacklogQuestion, context: ScenarioContext): Promise<ScenarioReport> => {
  const { name, transform = null, aims } = question;
  const { postgres, profiles, size, say } = context;
  const forms: readonly Form[] = transform === null ? context.forms : ['text'];
  const workload = question.workload(size);
  await using servers = await ServerPair.start(postgres, Math.ceil(size(logSegments)));
  say(`making ${workload.changes.toLocaleString('en')} changes`);
  const backlog = await Backlog.make(servers, workload);
  const all = await measureAll(backlog, configurations(forms, transform), context);
  const profileNotes: string[] = [];
  if (profiles !== null) {
    for (const form of forms) profileNotes.push(...(await profileRun(backlog, { name, form, transform, profiles })));
  }
  return {
    table: backlogTable(all, workload.changes),
    notes: [...counterNotes(all), ...profileNotes],
    verdicts: aims.map((aim) => verdictOn(name, all, forms, aim)),
    residentBytes: largestResident(all),
    measured: { changes: workload.changes, configurations: all },
  };
};

/** Applies the same backlog with our stream and with PostgreSQL's own subscription, in turn. */
export const backlogScenario = (question: BacklogQuestion): Scenario => ({
  name: question.name,
  summary: question.summary,
  run: (context) => runQuestion(question, context),
});
