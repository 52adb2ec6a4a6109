import { join } from 'node:path';
import { delayTable, medianDelay, type TrafficRuns } from '../report/delay-table.ts';
import type { Aim, Verdict } from '../report/verdict.ts';
import { configurations } from '../runs/configuration.ts';
import { LiveTraffic, type Traffic, type TrafficResult } from '../runs/live-traffic.ts';
import { ourStream } from '../runs/our-stream.ts';
import { profileNotes } from '../runs/profile-run.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../scenario.ts';
import { ServerPair } from '../servers/server-pair.ts';

const name = 'delay';
/** The first with the extension that shows commit times in the log. */
const firstVersion = 15;
/** Two seconds of it do not count. */
const shortest = 5;
const logSegments = 4;

const atMost = (target: number, floor: number | null, unit: string): Aim => ({
  better: 'at-most',
  target,
  floor,
  unit,
});

const verdictsOn = (ours: TrafficRuns | undefined, native: TrafficRuns | undefined): readonly Verdict[] => {
  const delay = (side: TrafficRuns | undefined, quantile: 'p50' | 'p99') =>
    side === undefined ? null : medianDelay(side, quantile);
  const aims = { p50: atMost(0.5, 1, ' ms'), p99: atMost(2, 3, ' ms') };
  return (['p50', 'p99'] as const).flatMap((quantile) => {
    const [our, other] = [delay(ours, quantile), delay(native, quantile)];
    const ratio = our === null || other === null ? null : our / other;
    return [
      { scenario: name, measure: `our ${quantile} / native ${quantile}`, value: ratio, aim: atMost(4, null, 'x') },
      { scenario: name, measure: `our ${quantile}`, value: our, aim: aims[quantile] },
    ];
  });
};

const measure = async (context: ScenarioContext): Promise<ScenarioReport> => {
  const { forms, postgres, profiles, runs, size, say } = context;
  const form = forms.at(-1) ?? 'text';
  const traffic: Traffic = { seconds: Math.max(size(20), shortest), perSecond: 1_000, clients: 4 };
  await using servers = await ServerPair.start(postgres, logSegments);
  const live = await LiveTraffic.make(servers);
  const sides = configurations([form]).map((side) => ({ ...side, runs: [] as TrafficResult[] }));
  for (let run = 1; run <= runs; run++) {
    for (const side of sides) {
      const result = await live.measure(side.start, traffic);
      side.runs.push(result);
      say(`run ${run}, ${side.label}: p50 ${result.delays.p50.toFixed(3)} ms, rows equal`);
    }
  }
  const notes: string[] = [];
  if (profiles !== null) {
    const file = join(profiles, `${name}.cpuprofile`);
    await live.measure(ourStream({ form, profile: file }), traffic);
    notes.push(...(await profileNotes('profile of ours', file)));
  }
  const [ours, native] = sides;
  return {
    table: delayTable(sides),
    notes,
    verdicts: verdictsOn(ours, native),
    residentBytes: Math.max(...sides.flatMap((side) => side.runs.flatMap(({ residentBytes }) => residentBytes ?? []))),
    measured: { traffic, sides: sides.map(({ label, runs: results }) => ({ label, runs: results })) },
  };
};

const notMeasured: ScenarioReport = {
  table: { header: [''], rows: [] },
  notes: [`Not measured: it needs pg_walinspect, which comes with PostgreSQL ${firstVersion} and newer.`],
  verdicts: verdictsOn(undefined, undefined),
  residentBytes: null,
  measured: null,
};

/** How far the target is behind under steady traffic. */
export const delay: Scenario = {
  name,
  summary: '1,000 transactions of one insert per second: from the INSERT at the source to the commit at the target',
  run: async (context) => (context.postgres.version < firstVersion ? notMeasured : measure(context)),
};
