import type pg from 'pg';
import { busySeconds } from '../measure/machine-cpu.ts';
import { cpuSeconds } from '../measure/process-cpu.ts';
import { withClient } from '../servers/with-client.ts';
import { hasMarker, markerArrives, prepareToLook } from './marker-arrives.ts';
import type { Side } from './side.ts';

/** CPU time in seconds; `null` where there is no such process. */
export interface CpuUse {
  readonly node: number | null;
  readonly walsender: number | null;
  /** All server processes that worked in the target database. */
  readonly target: number | null;
}

/** With what the rest of the machine has used meanwhile; much of it spoils a run. */
interface WholeCpuUse extends CpuUse {
  readonly other: number;
}

/** How long a side took, from the word to the sight of its last row. */
export interface Timing {
  readonly seconds: number;
  readonly cpu: WholeCpuUse;
}

interface Watched {
  readonly targetUrl: string;
  /** The server process that sends the log; `null` where there is none. */
  readonly walsender: () => Promise<number | null>;
}

const others = 'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';

/** What the server processes of a run have used: they are the run's own, so all of it counts. */
export const serverCpu = async (client: pg.Client, { walsender }: Watched): Promise<Omit<CpuUse, 'node'>> => {
  const { rows } = await client.query<{ pid: number }>(others);
  const target = rows.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const sender = await walsender();
  return { walsender: sender === null ? null : cpuSeconds(sender), target };
};

/** What is looked at while a side works. */
interface Target {
  /** Whether the marker is there, which is the last row that is applied. */
  isThere(): Promise<boolean>;
  /** What the servers have used for the run until now. */
  serverCpu(): Promise<Omit<CpuUse, 'node'>>;
}

/** Gives the side the word and waits for the marker. */
export const timeAt = async ({ isThere, serverCpu }: Target, side: Side): Promise<Timing> => {
  const busy = busySeconds();
  const before = side.pid === null ? 0 : cpuSeconds(side.pid);
  const began = performance.now();
  await side.begin();
  await markerArrives(isThere, side);
  const seconds = (performance.now() - began) / 1_000;
  const node = side.pid === null ? null : cpuSeconds(side.pid) - before;
  const all = busySeconds() - busy;
  const server = await serverCpu();
  const other = Math.max(0, all - (node ?? 0) - (server.walsender ?? 0) - (server.target ?? 0));
  return { seconds, cpu: { node, ...server, other } };
};

/** As `timeAt`, with a target that is a PostgreSQL. */
export const timeSide = (watched: Watched, side: Side): Promise<Timing> =>
  withClient(watched.targetUrl, async (client) => {
    await prepareToLook(client);
    return timeAt({ isThere: () => hasMarker(client, 1), serverCpu: () => serverCpu(client, watched) }, side);
  });
