import type pg from 'pg';
import { busySeconds } from '../measure/machine-cpu.ts';
import { cpuSeconds } from '../measure/process-cpu.ts';
import { withClient } from '../servers/with-client.ts';
import { markerArrives, prepareToLook } from './marker-arrives.ts';
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

/** Gives the side the word and waits for the marker, which is the last row it applies. */
export const timeSide = (watched: Watched, side: Side): Promise<Timing> =>
  withClient(watched.targetUrl, async (client) => {
    await prepareToLook(client);
    const busy = busySeconds();
    const before = side.pid === null ? 0 : cpuSeconds(side.pid);
    const began = performance.now();
    await side.begin();
    await markerArrives(client, side, 1);
    const seconds = (performance.now() - began) / 1_000;
    const node = side.pid === null ? null : cpuSeconds(side.pid) - before;
    const all = busySeconds() - busy;
    const server = await serverCpu(client, watched);
    const other = Math.max(0, all - (node ?? 0) - (server.walsender ?? 0) - (server.target ?? 0));
    return { seconds, cpu: { node, ...server, other } };
  });
