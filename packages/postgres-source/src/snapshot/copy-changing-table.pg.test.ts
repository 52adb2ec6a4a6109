import type { Change, Chunk, Position } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../../../../test/harness/index.ts';
import { compareLsn } from '../lsn.ts';
import { type DriverOptions, nextBatch, readUntil, StreamDriver } from '../stream-driver.test-support.ts';
import { atStart, copyRanges, copyTable, textsOf } from './copy-driver.test-support.ts';

const driverOf = (database: TestDatabase, options: Omit<DriverOptions, 'connection'> = {}): StreamDriver =>
  new StreamDriver({ connection: database.url, streamId: uniqueName('s'), ...options });

const started = async (driver: StreamDriver): Promise<Position> => {
  await driver.source.open(driver.context);
  return driver.begin(false, true);
};

/** 400 rows in about 100 blocks, of which little fits into a chunk; their second column lies elsewhere. */
const outOfLine = `CREATE TABLE t (id int PRIMARY KEY, n int, v text, filler text);
  ALTER TABLE t ALTER v SET STORAGE EXTERNAL;
  INSERT INTO t SELECT i, 0, repeat(md5(i::text), 100), repeat('f', 1500) FROM generate_series(1, 400) i`;

/** A target that is written as the protocol says: what a copy finds, then every change from the start on. */
class Replica {
  readonly rows = new Map<string, readonly (string | null)[]>();
  reselected = 0;
  through: Position = '0/0';
  readonly #driver: StreamDriver;

  constructor(driver: StreamDriver) {
    this.#driver = driver;
  }

  copied(chunk: Chunk): void {
    for (const row of textsOf([chunk])) this.rows.set(row[0] ?? '', row);
    this.#raise(chunk.through);
  }

  async replay(change: Change): Promise<void> {
    const { before, after } = change.image;
    const old = before?.text(0) ?? after?.text(0) ?? '';
    const found = this.rows.get(old);
    if (after === null || (before !== null && before.text(0) !== after.text(0))) this.rows.delete(old);
    if (after === null) return;
    const key = after.text(0) ?? '';
    const sent = change.relation.columns.map((_, column) => after.state(column) !== 'unchanged');
    const there = sent.every(Boolean) ? [] : before === null ? found : this.rows.get(key);
    if (there !== undefined) {
      this.rows.set(
        key,
        sent.map((is, column) => (is ? after.text(column) : (there[column] ?? null))),
      );
      return;
    }
    if (change.transaction === null) throw new Error('a change without a transaction');
    const request = { table: change.table, keys: [after], transactions: [change.transaction] };
    const answer = await this.#driver.source.reselect?.(request, this.#driver.abort.signal);
    this.reselected += 1;
    for (const row of answer?.rows ?? [])
      this.rows.set(
        key,
        row.relation.columns.map((_, column) => row.text(column)),
      );
    this.#raise(answer?.through ?? '0/0');
  }

  /** Replays from a position until everything that was seen lies before what was read. */
  async catchUp(from: Position): Promise<void> {
    const batches = this.#driver.read(from);
    for (let position = from; compareLsn(position, this.through) < 0; ) {
      const batch = await nextBatch(batches);
      for (const change of batch.changes) await this.replay(change);
      position = batch.position ?? position;
    }
  }

  #raise(position: Position): void {
    if (compareLsn(position, this.through) > 0) this.through = position;
  }
}

describe.each(postgresVersions())('copying a table of PostgreSQL %i that changes meanwhile', (version) => {
  const server = sharedPostgres(version);

  it('loses no row that moves between what was read and what was not, in either direction', async () => {
    await using database = await createDatabase(server);
    await database.query(outOfLine);
    // Room near the beginning for what moves there.
    await database.query('DELETE FROM t WHERE id <= 40');
    await database.query('VACUUM t');
    await using driver = driverOf(database, { heartbeatEvery: 50 });
    const start = await started(driver);
    const replica = new Replica(driver);
    let step = 0;
    const onChunk = async (chunk: Chunk) => {
      replica.copied(chunk);
      step += 1;
      // Out-of-line values are not touched, so that the log does not say them.
      await database.query('UPDATE t SET n = n + 1 WHERE id % 10 = $1', [step % 10]);
      await database.query('UPDATE t SET id = id + 10000 WHERE id = $1', [380 - step]);
      await database.query('UPDATE t SET id = -id WHERE id = $1', [50 + step]);
      await database.query('DELETE FROM t WHERE id = $1', [200 + step]);
      await database.query('VACUUM t');
    };
    const chunks = await copyTable(driver, 'public.t', { maxBytes: 64 * 1024, onChunk });
    expect(chunks.length).toBeGreaterThan(10);
    await replica.catchUp(start);
    const rows = await database.query<Record<string, string>>('SELECT id::text, n::text, v, filler FROM t');
    const expected = rows.map(({ id, n, v, filler }) => [id, n, v, filler]).sort();
    expect([...replica.rows.values()].map((row) => [...row]).sort()).toEqual(expected);
    // Without reading them once more some would be missing.
    expect(replica.reselected).toBeGreaterThan(0);
  });

  it.each([
    { doing: 'VACUUM FULL', change: 'VACUUM FULL t' },
    { doing: 'TRUNCATE', change: 'TRUNCATE t' },
    { doing: 'DROP TABLE', change: 'DROP TABLE t' },
    {
      doing: 'another table of its name',
      change: 'ALTER TABLE t RENAME TO old; CREATE TABLE t (LIKE old INCLUDING ALL)',
    },
    { doing: 'a new column', change: 'ALTER TABLE t ADD c int' },
    { doing: 'a dropped column', change: 'ALTER TABLE t DROP n' },
    { doing: 'a renamed column', change: 'ALTER TABLE t RENAME n TO m' },
  ])('says that its cursors mean nothing any more after $doing', async ({ change }) => {
    await using database = await createDatabase(server);
    await database.query(outOfLine);
    const publication = uniqueName('p');
    await database.query(`CREATE PUBLICATION ${publication} FOR ALL TABLES`);
    await using driver = driverOf(database, { publication });
    await started(driver);
    const seen: Chunk[] = [];
    const onChunk = async (chunk: Chunk) => {
      if (seen.push(chunk) === 2) await database.query(change);
    };
    const options = { maxBytes: 64 * 1024, onChunk };
    await expect(copyTable(driver, 'public.t', options)).rejects.toMatchObject({ code: 'COPY_OUTDATED' });
    expect(seen.length).toBe(2);
    const [, last] = seen;
    if (last === undefined) throw new Error('no chunk');
    await expect(copyRanges(driver, [last.progress])).rejects.toMatchObject({ code: 'COPY_OUTDATED' });
    if (change.startsWith('DROP')) {
      await expect(copyTable(driver, 'public.t')).rejects.toMatchObject({ code: 'COPY_OUTDATED' });
    } else {
      const again = await copyTable(driver, 'public.t');
      const [row] = await database.query<{ rows: string }>('SELECT count(*) AS rows FROM t');
      expect(textsOf(again).length).toBe(Number(row?.rows));
    }
  });

  it('does not run after a table that grows, whose new rows are in the log', async () => {
    await using database = await createDatabase(server);
    await database.query(outOfLine);
    await using driver = driverOf(database);
    const start = await started(driver);
    let next = 1_000;
    const onChunk = async () => {
      await database.query(`INSERT INTO t SELECT i, 0, 'v', repeat('f', 1500) FROM generate_series($1::int, $2) i`, [
        next,
        next + 99,
      ]);
      next += 100;
    };
    const chunks = await copyTable(driver, 'public.t', { maxBytes: 64 * 1024, onChunk });
    expect(chunks.length).toBeLessThan(60);
    const ids = new Set(textsOf(chunks).map(([id]) => Number(id)));
    for (let id = 1; id <= 400; id++) expect(ids.has(id)).toBe(true);
    const { changes } = await readUntil(driver.read(start), ({ after }) => after?.id === next - 1);
    expect(changes.length).toBe(next - 1_000);
  });

  it('ends at a position that the log reaches, also on a server that goes idle at the end of a page', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
    await using driver = driverOf(database);
    await started(driver);
    const plan = await driver.source.planCopy?.('public.t', 1, driver.abort.signal);
    const progress = (plan?.ranges ?? []).map((range) => atStart('public.t', range));
    // The log then goes on at the beginning of a segment, behind a header.
    const [switched] = await database.query<{ at: string }>('SELECT pg_switch_wal() AS at');
    const [chunk] = await copyRanges(driver, progress);
    expect(compareLsn(chunk?.through ?? '', switched?.at ?? '')).toBeGreaterThanOrEqual(0);
    // What another database of the server has inserted may not have been flushed yet.
    const flushed = async () => {
      const [row] = await database.query<{ at: string }>('SELECT pg_current_wal_flush_lsn() AS at');
      return compareLsn(row?.at ?? '', chunk?.through ?? '') >= 0;
    };
    await until(flushed, { describe: 'the log to reach the end of the copy' });
  });
});
