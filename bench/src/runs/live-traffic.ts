import { type Delays, readDelays } from '../measure/commit-delays.ts';
import { differentTables, readFingerprints } from '../measure/fingerprint.ts';
import { cpuSeconds } from '../measure/process-cpu.ts';
import { markerTable } from '../servers/publication.ts';
import { runPgbench } from '../servers/run-load.ts';
import type { ServerPair } from '../servers/server-pair.ts';
import { SourceLog } from '../servers/source-log.ts';
import { TargetTemplate } from '../servers/target-template.ts';
import { withClient } from '../servers/with-client.ts';
import type { Table } from '../workloads/workload.ts';
import { hasMarker, markerArrives, prepareToLook } from './marker-arrives.ts';
import { RunPlace } from './run-place.ts';
import type { Side, SideDetails, StartSide } from './side.ts';
import { type CpuUse, serverCpu } from './time-side.ts';

/** Steady transactions of one insert each. */
export interface Traffic {
  readonly seconds: number;
  readonly perSecond: number;
  readonly clients: number;
}

/** What one run came to; CPU times are those of the whole traffic. */
export interface TrafficResult extends SideDetails {
  readonly delays: Delays;
  readonly cpu: CpuUse;
}

const events: Table = {
  name: 'events',
  create: 'CREATE TABLE events (id bigint PRIMARY KEY, sent timestamptz NOT NULL, note text NOT NULL)',
  keyed: true,
};
const tables = [events, markerTable];
const script = `INSERT INTO events VALUES (nextval('numbers'), clock_timestamp(), 'something happened');\n`;
/** A commit that waits for the disk, so that commits before it that did not wait can be read from the log. */
const flushLog = "SELECT pg_logical_emit_message(true, 'bench', 'flush')";
const logEnd = 'SELECT pg_current_wal_flush_lsn()::text AS position';

/** Two servers with steady traffic at the source while a side applies it. */
export class LiveTraffic {
  readonly #source: SourceLog;
  readonly #target: TargetTemplate;
  #runs = 0;

  private constructor(source: SourceLog, target: TargetTemplate) {
    this.#source = source;
    this.#target = target;
  }

  static async make(servers: ServerPair): Promise<LiveTraffic> {
    const source = await SourceLog.make(servers.source, tables, ['CREATE SEQUENCE numbers']);
    // It shows when a transaction was committed.
    const target = await TargetTemplate.make(servers.target, tables, ['CREATE EXTENSION pg_walinspect']);
    return new LiveTraffic(source, target);
  }

  /** Applies the traffic while it comes, with one side, and compares the rows afterwards. */
  async measure(start: StartSide, traffic: Traffic): Promise<TrafficResult> {
    await using place = await this.#newPlace();
    return await place.explained(async () => {
      await using side = await start(place, tables);
      const result = await this.#observe(place, side, traffic);
      return { ...result, ...(await side.end()) };
    });
  }

  /** Empty tables on both sides, and a slot that begins behind their emptying. */
  async #newPlace(): Promise<RunPlace> {
    const name = `run_${++this.#runs}`;
    await this.#atSource('TRUNCATE events, marker');
    await this.#source.newSlot(name);
    await this.#target.copy(name);
    return new RunPlace(name, this.#source, this.#target);
  }

  #observe(place: RunPlace, side: Side, { seconds, perSecond, clients }: Traffic) {
    return withClient(place.targetUrl, async (client) => {
      const position = async () => (await client.query<{ position: string }>(logEnd)).rows[0]?.position ?? '';
      await prepareToLook(client);
      await side.begin();
      await this.#atSource('INSERT INTO marker VALUES (1)');
      await markerArrives(() => hasMarker(client, 1), side);
      const before = side.pid === null ? 0 : cpuSeconds(side.pid);
      const from = await position();
      const extent = [`--time=${seconds}`, `--rate=${perSecond}`];
      await runPgbench(place.sourceUrl, { script, clients }, { extent, durable: true });
      await this.#atSource('INSERT INTO marker VALUES (2)');
      await markerArrives(() => hasMarker(client, 2), side);
      const node = side.pid === null ? null : cpuSeconds(side.pid) - before;
      const cpu = { node, ...(await serverCpu(client, place)) };
      await client.query(flushLog);
      const delays = await readDelays(client, from, await position());
      const expected = await withClient(place.sourceUrl, (source) => readFingerprints(source, tables, 'as-they-are'));
      const different = differentTables(expected, await readFingerprints(client, tables, 'as-they-are'));
      if (different.length > 0) throw new Error(`The rows differ: ${different.join('; ')}`);
      return { delays, cpu };
    });
  }

  async #atSource(statement: string): Promise<void> {
    await withClient(this.#source.url, (client) => client.query(statement));
  }
}
