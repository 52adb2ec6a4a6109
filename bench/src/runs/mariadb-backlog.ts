import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { mysqlSink } from '@millrace/sql-sink/mysql';
import { type Printed, printedAtMysql, requireSame } from '../measure/printed-items.ts';
import { serverCpuSeconds } from '../measure/process-cpu.ts';
import { BinlogSource, sourceDatabase, streamId } from '../servers/binlog-source.ts';
import { MysqlTarget } from '../servers/mysql-target.ts';
import { markerTable } from '../servers/publication.ts';
import { withMysql } from '../servers/with-mysql.ts';
import { binlogItemTable } from '../workloads/binlog-items.ts';
import { itemTable } from '../workloads/item-table.ts';
import type { MariadbPlace, StartMariadbSide } from './mariadb-place.ts';
import type { RunResult } from './measure-run.ts';
import type { Side } from './side.ts';
import { type Timing, timeAt } from './time-side.ts';

const server = 'mariadb-11.8';
const tables = [itemTable.name, markerTable.name];
const create = [binlogItemTable, markerTable.create];

/** Databases of the target: what every run begins with, and where it is copied to, which for a replica is where it was. */
const prepared = { rows: 'prepared_rows', checkpoints: 'prepared_checkpoints' } as const;
const used = { rows: sourceDatabase, checkpoints: 'millrace' } as const;

interface MariadbWorkload {
  /** Statements at both sides before the log begins that is applied. */
  readonly preload: readonly string[];
  /** Make the changes. The marker follows them. */
  readonly load: readonly string[];
}

interface Parts {
  readonly source: BinlogSource;
  readonly target: MysqlTarget;
  readonly position: string;
  readonly expected: Printed;
}

/** Changes in the log of a MariaDB, to be applied again and again to another one: every run starts at the same place. */
export class MariadbBacklog implements AsyncDisposable {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async make({ preload, load }: MariadbWorkload): Promise<MariadbBacklog> {
    const source = await BinlogSource.start(server, [...create, ...preload]);
    const servers: AsyncDisposable[] = [source];
    try {
      const target = await MysqlTarget.start(server);
      servers.push(target);
      await target.make(prepared.rows, [...create, ...preload]);
      await target.copy(prepared.rows, used.rows);
      await makeCheckpoint(source, target);
      await target.copy(used.checkpoints, prepared.checkpoints);
      const [now] = (await source.run(['SELECT @@gtid_binlog_pos AS position'])) as readonly Pick<Parts, 'position'>[];
      await source.load([...load, 'INSERT INTO marker VALUES (1)']);
      const expected = await printedAtMysql(source.url);
      return new MariadbBacklog({ source, target, position: now?.position ?? '', expected });
    } catch (error) {
      for (const one of servers) await one[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Applies the backlog once and compares the rows. Rejects when the side fails or the rows differ. */
  async measure(start: StartMariadbSide): Promise<RunResult> {
    const { source, target, position, expected } = this.#parts;
    await target.copy(prepared.rows, used.rows);
    await target.copy(prepared.checkpoints, used.checkpoints);
    await target.beginLog();
    const place: MariadbPlace = { sourceUrl: source.url, targetUrl: target.url(used.rows), position, tables };
    await using side = await start(place);
    const timing = await this.#time(place, side);
    const details = await side.end();
    requireSame(expected, await printedAtMysql(place.targetUrl));
    return { ...timing, ...details };
  }

  #time({ targetUrl }: MariadbPlace, side: Side): Promise<Timing> {
    const { source, target } = this.#parts;
    return withMysql(targetUrl, async (connection) => {
      const isThere = async () => {
        const [rows] = await connection.query('SELECT 1 FROM marker WHERE id = 1');
        return Array.isArray(rows) && rows.length === 1;
      };
      await isThere();
      const before = [serverCpuSeconds(source.pid), serverCpuSeconds(target.pid)] as const;
      const serverCpu = async () => ({
        walsender: serverCpuSeconds(source.pid) - before[0],
        target: serverCpuSeconds(target.pid) - before[1],
      });
      return timeAt({ isThere, serverCpu }, side);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#parts.source[Symbol.asyncDispose](), this.#parts.target[Symbol.asyncDispose]()]);
  }
}

/** That of a stream which has been at the end of the log. */
const makeCheckpoint = async (source: BinlogSource, target: MysqlTarget): Promise<void> => {
  await using stream = createStream({
    id: streamId,
    source: mysqlSource({ connection: source.url }),
    sink: mysqlSink({ connection: target.url(used.rows) }),
    tables,
    snapshot: 'never',
  });
  await stream.start();
  await stream.stop();
};
