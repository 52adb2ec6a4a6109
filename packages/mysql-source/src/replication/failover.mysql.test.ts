import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlEndpoint,
  mysqlNames,
  promote,
  startMysql,
  startReplica,
  until,
} from '../../../../test/harness/index.ts';
import { BinlogDecoder } from '../binlog/binlog-decoder.ts';
import { proveReach } from '../continuity/prove-reach.ts';
import { readVisiblePosition } from '../continuity/visible-start.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';
import { ask, factsOf, openReader } from './dump-reader.test-support.ts';
import type { DumpStart } from './dump-start.ts';

/** A stream of the numbers in committed rows, which it takes from whichever server it is told to, behind its position. */
class NumberStream {
  readonly numbers: number[] = [];
  #position: BinlogPosition;

  constructor(position: BinlogPosition) {
    this.#position = position;
  }

  static async begin(server: MysqlEndpoint): Promise<NumberStream> {
    const facts = await factsOf(server);
    const { gtids, place } = await ask(server.url(), (session) => readVisiblePosition(session, facts));
    return new NumberStream(BinlogPosition.of(gtids, place));
  }

  start(server: MysqlEndpoint): DumpStart {
    const gtids = this.#position.gtids ?? '';
    return server.kind === 'mysql' ? { kind: 'gtid-set', set: gtids } : { kind: 'gtid-position', position: gtids };
  }

  /** Reads until so many numbers have come, each with its transaction's end. */
  async read(server: MysqlEndpoint, count: number): Promise<void> {
    const facts = await factsOf(server);
    const start = this.start(server);
    await ask(server.url(), (session) => proveReach(session, { server: facts, start }));
    await using log = await openReader(server, { start, maxBytes: 2_000 });
    const decoder = new BinlogDecoder();
    let gtid: string | null = null;
    let open: number[] = [];
    for await (const events of log) {
      for (const event of events.flatMap((bytes) => [...decoder.decode(bytes)])) {
        if (event.kind === 'gtid') [gtid, open] = [event.gtid, []];
        if (event.kind === 'rows') {
          const text = event.body.toString('latin1', event.start, event.end);
          open.push(...[...text.matchAll(/#(\d+)#/g)].map(([, number]) => Number(number)));
        }
        if (event.kind === 'xid' && event.place !== null) {
          this.#position.pass(gtid, event.place);
          this.numbers.push(...open);
          if (this.numbers.length >= count) return;
        }
      }
    }
  }
}

describe.each(mysqlNames())('a stream from a topology of %s', (name) => {
  it('goes on at the server that was promoted, with nothing lost or twice', async () => {
    await using primary = await startMysql({ name });
    await using replica = await startReplica(primary);
    const database = await createMysqlDatabase(primary);
    await database.query('CREATE TABLE t (id int PRIMARY KEY, filler text)');
    const stream = await NumberStream.begin(primary);
    const insert = (to: typeof database.query, number: number) =>
      to("INSERT INTO t VALUES (?, CONCAT('#', ?, '#', REPEAT('x', 2000)))", [number, number]);
    for (let number = 1; number <= 100; number++) await insert(database.query, number);
    await stream.read(primary, 40);

    const counted = () =>
      ask(replica.url(), (session) =>
        session.query<{ n: string }>(`SELECT COUNT(*) AS n FROM ${database.name}.t`).catch(() => []),
      );
    await until(async () => Number((await counted())[0]?.n) === 100, { describe: 'the replica', timeout: 20_000 });
    await primary.kill();
    await promote(replica);
    await ask(replica.url(), async (session) => {
      for (let number = 101; number <= 150; number++) {
        await session.query(
          `INSERT INTO ${database.name}.t VALUES (${number}, CONCAT('#', ${number}, '#', REPEAT('x', 2000)))`,
        );
      }
    });
    await stream.read(replica, 150);
    expect(stream.numbers).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));

    // The old primary knows nothing of what the new one has done.
    await primary.start();
    const facts = await factsOf(primary);
    await expect(
      ask(primary.url(), (session) =>
        proveReach(session, { server: facts, start: stream.start(primary), catchUp: 0.5 }),
      ),
    ).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  }, 90_000);
});
