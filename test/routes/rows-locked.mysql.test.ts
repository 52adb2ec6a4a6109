import type { MillraceError, Stream } from '@millrace/core';
import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankBetween } from '../bank/bank-world.ts';
import { largeTransaction } from '../bank/large-transaction.ts';
import { goesOn } from '../faults/goes-on.ts';
import { type MysqlProcess, type MysqlTestDatabase, until } from '../harness/index.ts';
import { run } from './route-world.ts';
import { databaseOn, type Route, sharedServer } from './routes.ts';

const met: readonly Route[] = [
  { source: 'postgres', target: 'mysql' },
  { source: 'mysql', target: 'mariadb-11.8' },
];

const worldOf = async ({ source, target }: Route) =>
  bankBetween(await databaseOn(sharedServer(source)), (await databaseOn(sharedServer(target))) as MysqlTestDatabase);

/** What made the stream try again, as it comes. */
const errorsOf = (stream: Stream): { readonly errnos: readonly unknown[]; readonly codes: readonly string[] } => {
  const [errnos, codes]: [unknown[], string[]] = [[], []];
  stream.on('retry', ({ error }: { readonly error: MillraceError }) => {
    errnos.push(error.details.errno);
    codes.push(error.code);
  });
  return { errnos, codes };
};

/** A transaction of somebody else at the target that changes much and holds the branch that every large transaction changes. */
const holdBranch = async (target: MysqlTestDatabase) => {
  const other = await target.connect();
  await other.query('START TRANSACTION');
  await other.query('DELETE FROM heavy');
  await other.query('SELECT 1 FROM branches WHERE id = 1 FOR UPDATE');
  return other;
};

const heavy = `CREATE TABLE heavy (id int PRIMARY KEY);
  INSERT INTO heavy WITH RECURSIVE n AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM n WHERE id < 900)
    SELECT a.id * 10 + b.id FROM n a, n b WHERE b.id < 10`;

/** The connection that waits for a branch. */
const waiting = async (target: MysqlTestDatabase): Promise<number> => {
  const found: number[] = [];
  const look = async () => {
    const waits = ({ statement }: MysqlProcess) => statement.includes(`\`${target.name}\`.\`branches\``);
    found.push(...(await target.processes()).filter(waits).map(({ id }) => id));
    return found.length > 0;
  };
  await until(look, { describe: 'the stream to wait for the branch', timeout: 30_000 });
  return found[0] ?? 0;
};

test.each(met)(
  'from $source to $target, a row is locked for longer than the stream waits: it tries again until the lock is gone',
  { timeout: 120_000 },
  async (route) => {
    await using world = await worldOf(route);
    const { source, target } = world;
    await target.query(heavy);
    await using stream = bankStream({ ...world.stream, rowPatience: 1 });
    const { errnos } = errorsOf(stream);
    await stream.start();
    await world.fill();
    const isMet = (count: number) => until(() => errnos.length >= count, { describe: 'a retry', timeout: 30_000 });
    {
      await using load = startLoad(source.url);
      await goesOn(stream, async () => {
        const other = await holdBranch(target);
        await isMet(2);
        await other.query('ROLLBACK');
      });
      await load.stop();
    }
    expect(await world.settle()).toEqual([]);
    // Its first parts are at the target when it comes to the branch.
    const other = await holdBranch(target);
    await run(source, largeTransaction(source.url));
    await isMet(errnos.length + 2);
    await other.query('ROLLBACK');
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
    expect(new Set(errnos)).toEqual(new Set([1205]));
  },
);

test.each(met)(
  'from $source to $target, a transaction in parts meets a deadlock and loses its connection',
  { timeout: 120_000 },
  async (route) => {
    await using world = await worldOf(route);
    const { source, target } = world;
    await target.query(heavy);
    await using stream = bankStream(world.stream);
    const { errnos, codes } = errorsOf(stream);
    await stream.start();
    await world.fill();
    await world.settle();
    const other = await holdBranch(target);
    await run(source, largeTransaction(source.url));
    await waiting(target);
    // The server gives up the transaction that has changed less.
    await other.query('SELECT 1 FROM accounts FOR UPDATE');
    await until(() => errnos.length > 0, { describe: 'the deadlock' });
    await other.query('ROLLBACK');
    const another = await holdBranch(target);
    await run(source, largeTransaction(source.url));
    await target.query(`KILL ${await waiting(target)}`);
    await until(() => errnos.length > 1, { describe: 'the loss' });
    await another.query('ROLLBACK');
    expect(await world.settle()).toEqual([]);
    expect(world.poller.torn).toEqual([]);
    expect([errnos[0], codes]).toEqual([1213, ['TRANSACTION_CONFLICT', expect.stringMatching(/CONNECTION/)]]);
  },
);
