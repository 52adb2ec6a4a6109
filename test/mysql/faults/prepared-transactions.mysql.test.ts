import { describe, expect, test } from 'vitest';
import { bankStream } from '../../bank/bank-stream.ts';
import { type BankWorld, mysqlBankWorld } from '../../bank/bank-world.ts';
import {
  createDatabase,
  createMysqlDatabase,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
  sharedPostgres,
  type TestDatabase,
  until,
} from '../../harness/index.ts';
import { shopStream } from '../../snapshot/shop-stream.ts';
import { live } from '../../snapshot/shop-world.ts';

type World = BankWorld<MysqlTestDatabase, TestDatabase>;

/** The accounts of the history: it has no key, so one that comes twice is there twice. */
const accounts = async ({ target }: World): Promise<readonly number[]> =>
  (await target.query<{ account: number }>('SELECT account FROM history ORDER BY account')).map((row) => row.account);

const arrived = (world: World, expected: readonly number[]) =>
  until(async () => JSON.stringify(await accounts(world)) === JSON.stringify(expected), {
    describe: `the accounts ${expected}`,
  });

const insert = ({ source }: World, account: number) =>
  source.query(`INSERT INTO history (account, delta) VALUES (${account}, 0)`);

/** Prepares a transaction that inserts an account; resolves with what ends it. */
const prepare = async (
  { source }: World,
  account: number,
): Promise<(how: 'COMMIT' | 'ROLLBACK') => Promise<unknown>> => {
  const connection = await source.connect();
  const id = `'${source.name}', '${account}'`;
  await connection.query(
    `XA START ${id}; INSERT INTO history (account, delta) VALUES (${account}, 0); XA END ${id}; XA PREPARE ${id}`,
  );
  return (how) => connection.query(`XA ${how} ${id}`);
};

const names = mysqlNames();

describe.runIf(names.includes('mysql'))('MySQL', () => {
  test('what was prepared arrives once, at its commit, over restarts; or never', { timeout: 90_000 }, async () => {
    await using world = await mysqlBankWorld(sharedMysql('mysql'));
    await using stream = bankStream(world.stream);
    await stream.start();
    const [first, second, third] = [await prepare(world, 1), await prepare(world, 2), await prepare(world, 3)];
    await insert(world, 10);
    await arrived(world, [10]);
    await stream.stop();
    await insert(world, 11);
    await stream.start();
    await arrived(world, [10, 11]);
    await first('COMMIT');
    await second('ROLLBACK');
    await arrived(world, [1, 10, 11]);
    await stream.stop();
    // Prepared and ended while nobody reads, and prepared before and ended then.
    await (await prepare(world, 4))('COMMIT');
    await (await prepare(world, 5))('ROLLBACK');
    await third('COMMIT');
    await insert(world, 12);
    await stream.start();
    await arrived(world, [1, 3, 4, 10, 11, 12]);
    await stream.stop();
    await stream.start();
    expect(await world.settle()).toEqual([]);
    expect(stream.errors).toEqual([]);
  });

  test('the beginning of a stream lies before a transaction that was prepared then', { timeout: 60_000 }, async () => {
    await using world = await mysqlBankWorld(sharedMysql('mysql'));
    const end = await prepare(world, 1);
    await using stream = bankStream(world.stream);
    await stream.start();
    await insert(world, 10);
    await arrived(world, [10]);
    await end('COMMIT');
    const [outcome] = await Promise.allSettled([
      Promise.race([stream.done, until(async () => (await accounts(world)).length === 2, { describe: 'it' })]),
    ]);
    // Not to be followed, or followed; never left out without a word.
    if (outcome?.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'XA_NOT_FOLLOWED' });
    else expect(await accounts(world)).toEqual([1, 10]);
  });

  test('a copy ends while a transaction is prepared, and its rows come with its commit', {
    timeout: 60_000,
  }, async () => {
    await using source = await createMysqlDatabase(sharedMysql('mysql'));
    await using target = await createDatabase(sharedPostgres());
    const rows = Array.from({ length: 200 }, (_, index) => `(${index + 1}, '${'x'.repeat(1_000)}')`);
    await source.query(
      `CREATE TABLE items (id int PRIMARY KEY, filler text); INSERT INTO items VALUES ${rows.join()};
       CREATE TABLE others (id int PRIMARY KEY)`,
    );
    // So slowly that what happens now happens during the copy.
    const pace = { maxBytes: 16 * 1024, maxBytesPerSecond: 64 * 1024 };
    await using stream = shopStream({ source: source.url, target: target.url, slot: '', ...pace });
    await stream.start();
    const prepared = await source.connect();
    const id = `'${source.name}'`;
    await prepared.query(`XA START ${id}; INSERT INTO others VALUES (7); XA END ${id}; XA PREPARE ${id}`);
    expect(stream.state).toMatchObject({ status: 'running', snapshot: expect.anything() });
    await source.query("INSERT INTO items VALUES (201, ''); INSERT INTO items VALUES (202, '')");
    await live(stream);
    await stream.stop();
    await stream.start();
    await prepared.query(`XA COMMIT ${id}`);
    const ids = async (table: string) =>
      (await target.query<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`)).map((row) => row.id);
    await until(async () => (await ids('others')).length === 1, { describe: 'what was prepared' });
    expect(await ids('others')).toEqual([7]);
    expect(await ids('items')).toHaveLength(202);
    expect(stream.errors).toEqual([]);
  });
});

describe.each(names.filter((name) => name !== 'mysql'))('%s', (name) => {
  test('what is prepared cannot be followed, and says so before anything of it is written', async () => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    await using stream = bankStream(world.stream);
    await stream.start();
    await insert(world, 10);
    await arrived(world, [10]);
    const end = await prepare(world, 1);
    await expect(stream.done).rejects.toMatchObject({ code: 'XA_NOT_FOLLOWED', recovery: 'recover' });
    await end('ROLLBACK');
    expect(await accounts(world)).toEqual([10]);
  });
});
