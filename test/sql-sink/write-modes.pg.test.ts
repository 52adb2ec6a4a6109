import { expect, test } from 'vitest';
import {
  createDatabase,
  differences,
  type Program,
  postgresVersions,
  sharedPostgres,
  startProgram,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';
import {
  brokenChanges,
  brokenRows,
  createLedger,
  ledgerStream,
  liveRows,
  startLedgerLoad,
} from './write-modes/ledger.ts';

/** A few here; as many as wanted with the variable. */
const rounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 5);
const program = new URL('./write-modes/ledger.program.ts', import.meta.url);
const start = (options: object): Promise<Program> => startProgram(program, { args: [JSON.stringify(options)] });

/** Waits until the last change has arrived. */
const settle = async (source: TestDatabase, target: TestDatabase): Promise<void> => {
  const id = -Math.floor(Math.random() * 1e9);
  await source.query(`INSERT INTO plain VALUES (${id}, 0, 'last')`);
  const arrived = async () => (await target.query(`SELECT FROM plain WHERE id = ${id}`).catch(() => [])).length > 0;
  await until(arrived, { describe: 'the last change', timeout: 60_000 });
};

const expectEqual = async (source: TestDatabase, target: TestDatabase) => {
  expect(await brokenChanges(source, target)).toEqual([]);
  expect(await brokenRows(source, target)).toEqual([]);
  expect(await liveRows(target, '_deleted_at IS NULL')).toEqual(await liveRows(source));
  expect(await differences(source, target, ['plain'])).toEqual([]);
};

test(`killed at random moments of copy and stream, ${rounds} times: every change is written once, in every mode`, {
  timeout: 120_000 + rounds * 15_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await createLedger(source);
  const options = { source: source.url, target: target.url, slot: uniqueName('slot'), maxBytesPerSecond: 100_000 };
  await using load = startLedgerLoad(source);
  let streaming = await start(options);
  for (let round = 0; round < rounds; round++) {
    // Half of the kills come while it is still opening or copying.
    if (round % 2 === 0) await streaming.message('running');
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 1_200));
    streaming.kill('SIGKILL');
    await streaming.exited;
    streaming = await start(options);
  }
  await streaming.message('running');
  const before = load.done();
  await until(() => load.done() > before + 50, { describe: 'more changes' });
  await load.stop();
  await settle(source, target);
  await expectEqual(source, target);
  const operations = await target.query('SELECT DISTINCT _operation FROM logged ORDER BY 1');
  expect(operations.map(({ _operation }) => _operation)).toEqual(['delete', 'insert', 'read', 'update']);
  expect((await liveRows(target, '_deleted_at IS NOT NULL')).length).toBeGreaterThan(0);
  await streaming[Symbol.asyncDispose]();
});

test.each(postgresVersions())(
  'the first copy under load, truncates, and a copy anew beside the stream (PostgreSQL %i)',
  { timeout: 120_000 },
  async (version) => {
    await using source = await createDatabase(sharedPostgres(version));
    await using target = await createDatabase(sharedPostgres(version));
    await createLedger(source);
    await using stream = ledgerStream({
      source: source.url,
      target: target.url,
      slot: uniqueName('slot'),
      maxBytesPerSecond: 200_000,
    });
    await using load = startLedgerLoad(source);
    await stream.start();
    await live(stream);
    const before = load.done();
    await until(() => load.done() > before + 50, { describe: 'more changes' });
    expect(stream.errors).toEqual([]);
    await stream.backfill('public.marked');
    const stateOf = (table: string) => stream.backfills.find((each) => each.table === table);
    await until(() => stateOf('public.marked')?.state === 'completed', { describe: 'a backfill', timeout: 60_000 });
    await stream.backfill('public.appended');
    await until(() => stateOf('public.appended')?.state === 'failed', { describe: 'its refusal', timeout: 60_000 });
    expect(stateOf('public.appended')?.error?.code).toBe('BACKFILL_NOT_POSSIBLE');
    await live(stream);
    await load.stop();
    await settle(source, target);
    await expectEqual(source, target);

    await stream.backfill('public.logged');
    await until(() => stateOf('public.logged')?.state === 'completed', { describe: 'a backfill', timeout: 60_000 });
    await source.query('TRUNCATE logged, appended, marked; INSERT INTO marked VALUES (1, 1, NULL)');
    await settle(source, target);
    const truncates = await target.query(`SELECT id, _operation,
      _position::pg_lsn > (SELECT max(_position::pg_lsn) FROM logged WHERE _operation = 'read') AS is_last
      FROM logged WHERE _operation = 'truncate' ORDER BY _position::pg_lsn`);
    expect(truncates).toMatchObject([
      { id: null, is_last: false },
      { id: null, is_last: true },
    ]);
    const twice = 'SELECT FROM logged GROUP BY _position, _sequence HAVING count(*) > 1';
    expect(await target.query(twice)).toEqual([]);
    expect(await liveRows(target, '_deleted_at IS NULL')).toEqual([{ id: 1, version: 1, note: null }]);
    expect((await target.query('SELECT FROM appended')).length).toBeGreaterThan(0);
    expect(stream.errors).toEqual([]);
  },
);
