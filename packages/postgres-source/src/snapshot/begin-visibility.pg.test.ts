import type { ConnectorEvent } from '@millrace/core';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  type TestDatabase,
  uniqueName,
  until,
} from '../../../../test/harness/index.ts';
import { compareLsn } from '../lsn.ts';
import { StreamDriver } from '../stream-driver.test-support.ts';
import { hangingStatement, pidOf, startWithoutStandby } from './hanging-commit.test-support.ts';

const begun = async (database: TestDatabase): Promise<pg.Client> => {
  const session = await database.connect();
  await session.query('BEGIN');
  await session.query('SELECT pg_current_xact_id()');
  return session;
};

const pidsIn = ({ details }: ConnectorEvent): readonly unknown[] =>
  (details.transactions as readonly { readonly pid: number | null }[]).map(({ pid }) => pid);

const eventOf = (driver: StreamDriver, code: string) => driver.events.filter((event) => event.code === code).at(-1);

const waitsFor = (driver: StreamDriver, code: string, pid: number): Promise<void> =>
  until(() => driver.events.some((event) => event.code === code && pidsIn(event).includes(pid)), {
    describe: `${code} for ${pid}`,
  });

describe.each(postgresVersions())(
  'copying from PostgreSQL %i, with a commit that readers do not see yet',
  (version) => {
    const withServer = async (use: (database: TestDatabase) => Promise<void>) => {
      await using server = await startWithoutStandby(version);
      await using database = await createDatabase(server);
      await database.query('CREATE TABLE t (id int PRIMARY KEY, n int)');
      await database.query('INSERT INTO t VALUES (1, 1)');
      await use(database);
    };

    it('waits for it where the slot starts behind it', { timeout: 60_000 }, () =>
      withServer(async (database) => {
        await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
        await driver.source.open(driver.context);
        const first = await begun(database);
        const firstPid = await pidOf(first);
        const begin = driver.begin(false, true);
        await waitsFor(driver, 'SLOT_WAITS_FOR_TRANSACTIONS', firstPid);
        const second = await begun(database);
        const xid = (await second.query<{ xid: string }>('SELECT pg_current_xact_id()::xid AS xid')).rows[0]?.xid;
        await first.query('ROLLBACK');
        const slotWaits =
          "SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted AND transactionid = $1";
        await until(async () => (await database.query(slotWaits, [xid])).length > 0, {
          describe: 'the slot to wait for the second transaction only',
        });
        await using hanging = await hangingStatement(database, 'UPDATE t SET n = 2');
        await second.query('ROLLBACK');
        const waits = waitsFor(driver, 'COPY_WAITS_FOR_TRANSACTIONS', hanging.pid);
        expect(await Promise.race([begin.then(() => 'begun'), waits.then(() => 'waits')])).toBe('waits');
        // Without the wait the copy would begin now, and the log behind the slot does not have the change either.
        expect(await database.query('SELECT n FROM t')).toEqual([{ n: 1 }]);
        await hanging.show();
        const position = await begin;
        expect(await database.query('SELECT n FROM t')).toEqual([{ n: 2 }]);
        const batches = driver.read(position);
        await database.query('INSERT INTO t VALUES (9, 9)');
        const { value } = await batches.next();
        expect([...value.changes].map(({ op }) => op)).toEqual(['insert']);
      }),
    );

    it("waits for it where an operator's slot starts behind it", { timeout: 60_000 }, () =>
      withServer(async (database) => {
        const [slot, publication] = [uniqueName('slot'), uniqueName('p')];
        await database.query(`CREATE PUBLICATION ${publication} FOR ALL TABLES`);
        await database.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, 'pgoutput']);
        await using hanging = await hangingStatement(database, 'UPDATE t SET n = 2');
        await database.query('SELECT pg_replication_slot_advance($1, pg_current_wal_flush_lsn())', [slot]);
        await using driver = new StreamDriver({
          connection: database.url,
          streamId: uniqueName('s'),
          slot,
          publication,
        });
        await driver.source.open(driver.context);
        const begin = driver.begin(false, true);
        const waits = waitsFor(driver, 'COPY_WAITS_FOR_TRANSACTIONS', hanging.pid);
        expect(await Promise.race([begin.then(() => 'begun'), waits.then(() => 'waits')])).toBe('waits');
        expect(eventOf(driver, 'COPY_WAITS_FOR_TRANSACTIONS')).toMatchObject({ type: 'waiting' });
        expect(await database.query('SELECT n FROM t')).toEqual([{ n: 1 }]);
        await hanging.show();
        const position = await begin;
        expect(await database.query('SELECT n FROM t')).toEqual([{ n: 2 }]);
        const [row] = await database.query<{ at: string }>('SELECT pg_current_wal_flush_lsn() AS at');
        expect(compareLsn(position, row?.at ?? '0/0')).toBeLessThanOrEqual(0);
        expect(driver.claims).toBe(0);
      }),
    );
  },
);
