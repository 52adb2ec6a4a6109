import type { Checkpoint, TableProgress } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlProcess,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
  startProxy,
  until,
} from '../../../../../test/harness/index.ts';
import { StreamProcess } from '../testing/stream-process.ts';
import { holdClaim, probeClaim } from './checkpoint-sql.ts';
import { removeProgress, saveProgress } from './copy-range-sql.ts';
import { recordPreparedTables } from './prepared-tables.ts';
import { deleteStoredCheckpoint, readStoredCheckpoint } from './stored-checkpoint.ts';
import { takeCopyLock } from './take-copy-lock.ts';

const signal = new AbortController().signal;
const copying: TableProgress = { state: 'copying', from: '5', ranges: [], through: null };
const tables = { 'shop.items': copying };
const range = { table: 'shop.items', range: { from: null, to: '["it\'s \\\\ 9 "]' }, cursor: '["3"]', rows: 7 };
const ending = (patience = 10_000) => ({
  deadline: performance.now() + patience,
  report: () => expect.unreachable(),
  signal,
});
const gone = { code: 'CONNECTION_LOST', recovery: 'retry' };

const makeItems = (database: MysqlTestDatabase) => database.query('CREATE TABLE items (id int PRIMARY KEY)');
const idsOf = async (database: MysqlTestDatabase) =>
  (await database.query<{ id: number }>('SELECT id FROM items ORDER BY id')).map(({ id }) => id);

describe.each(mysqlNames())('the checkpoint on %s', (name) => {
  const server = sharedMysql(name);

  it('is taken with the next epoch each time, as it was saved', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name, "it's \\ 'ö'🙂 ");
    const session = await stream.connect();
    const read = (streamId = stream.streamId) => readStoredCheckpoint(session, { ...stream.row, streamId }, signal);
    expect(await read()).toBeNull();
    await stream.open();
    const saved: Partial<Checkpoint> = {
      source: { kind: 'mysql', id: "it's \\" },
      claimed: true,
      position: "it's \\ at 5",
      partial: { transaction: 't', sequence: 3 },
      tables: { 'shop.items': { state: 'live', from: '1', ranges: [], through: null } },
      savedAt: 1_700_000_000_123,
    };
    expect(await stream.write(saved)).toBe(1);
    // Nothing differs, and the row is met all the same.
    expect(await stream.write(saved)).toBe(1);
    const expected = { version: 1, streamId: stream.streamId, sink: 'mysql', ...saved };
    expect(await read()).toEqual({ ...expected, epoch: 1 });
    expect(await read(stream.streamId.trimEnd())).toBeNull();
    expect(await read(stream.streamId.toUpperCase())).toBeNull();
    expect(await stream.reopen()).toEqual({ ...expected, epoch: 2 });
    expect(await stream.open()).toEqual({ ...expected, epoch: 3 });
    await deleteStoredCheckpoint(session, stream.row, signal);
    expect(await read()).toBeNull();
    await expect(stream.reopen()).rejects.toMatchObject({ code: 'FENCED' });
    expect(await stream.open()).toMatchObject({ epoch: 1, position: null, source: null });
    expect(stream.events).toEqual([]);
  });

  it('leaves nothing behind of a wait for a row', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    await stream.open();
    const { session } = stream.opened;
    expect(await session.query('SELECT @@SESSION.innodb_lock_wait_timeout AS seconds')).toEqual([{ seconds: '50' }]);
  });

  it('fences the process that had it before, which ends nobody when it connects again', async () => {
    await using database = await createMysqlDatabase(server);
    await using old = new StreamProcess(database.url, database.name);
    await old.open();
    // Nothing reaches a connection that holds no lock: the epoch alone has to keep it from writing.
    await old.opened.session.script(['DO RELEASE_ALL_LOCKS()']);
    await using next = new StreamProcess(database.url, database.name);
    expect(await next.open()).toMatchObject({ epoch: 2 });
    const { session, claim } = old.opened;
    expect(await old.write({ position: '9' })).toBe(0);
    const outcomes = await session.script([probeClaim(claim), holdClaim(claim), recordPreparedTables(claim, ['a.b'])]);
    expect(outcomes.map(({ rows, affectedRows }) => [rows.length, affectedRows])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    const fenced = { code: 'FENCED', recovery: 'operator' };
    await expect(old.reopen()).rejects.toMatchObject(fenced);
    await expect(takeCopyLock(session, claim, 0, ending())).rejects.toMatchObject(fenced);
    expect(await next.write({ position: '8' })).toBe(1);
    expect(await database.query('SELECT epoch, position FROM checkpoint')).toEqual([{ epoch: 2, position: '8' }]);
  });

  it('that was deleted and made again is not mistaken for the old one', async () => {
    await using database = await createMysqlDatabase(server);
    await using old = new StreamProcess(database.url, database.name);
    await old.open();
    const { session, claim } = old.opened;
    await session.script([saveProgress(claim, { ...range, done: false }), 'DO RELEASE_ALL_LOCKS()']);
    await database.query('DELETE FROM checkpoint');
    await expect(old.reopen()).rejects.toMatchObject({ code: 'FENCED' });
    await using next = new StreamProcess(database.url, database.name);
    expect(await next.open()).toMatchObject({ epoch: old.opened.checkpoint.epoch });
    expect(await database.query('SELECT * FROM copy_range')).toEqual([]);
    expect(await old.write({ position: '9' })).toBe(0);
    await expect(old.reopen()).rejects.toMatchObject({ code: 'FENCED' });
  });

  it('comes when the connection that wrote before is ended, an idle one, too', async () => {
    await using database = await createMysqlDatabase(server);
    await using old = new StreamProcess(database.url, database.name);
    await old.open();
    await using other = new StreamProcess(database.url, database.name, 'another stream');
    await other.open();
    await using next = new StreamProcess(database.url, database.name);
    const begun = performance.now();
    expect(await next.open()).toMatchObject({ epoch: 2 });
    expect(performance.now() - begun).toBeLessThan(1_500);
    await expect(old.write({ position: '9' })).rejects.toMatchObject(gone);
    expect(await other.write({ position: '1' })).toBe(1);
  });

  it('is taken from a frozen connection that holds it and rows of the target', async () => {
    await using database = await createMysqlDatabase(server);
    await makeItems(database);
    await using proxy = await startProxy({ target: server });
    await using zombie = new StreamProcess(proxy.url(database.name), database.name);
    await zombie.open();
    const { session } = zombie.opened;
    await session.script(['START TRANSACTION', 'INSERT INTO items VALUES (1)', zombie.moving({ position: '1' })]);
    proxy.freeze();
    const committing = session.script(['COMMIT']).catch((error) => error);
    await using next = new StreamProcess(database.url, database.name);
    const begun = performance.now();
    expect(await next.open()).toMatchObject({ epoch: 2, position: null });
    expect(performance.now() - begun).toBeLessThan(3_500);
    await next.write({ position: '2' }, ['INSERT INTO items VALUES (1), (2)']);
    // What it had sent arrives now, and finds nobody.
    proxy.thaw();
    expect(await committing).toMatchObject(gone);
    expect(await idsOf(database)).toEqual([1, 2]);
  });

  it('has the position of a commit whose answer was lost', async () => {
    await using database = await createMysqlDatabase(server);
    await makeItems(database);
    await using proxy = await startProxy({ target: server });
    await using stream = new StreamProcess(proxy.url(database.name), database.name);
    await stream.open();
    proxy.drop('to-client');
    const writing = stream.write({ position: '1' }, ['INSERT INTO items VALUES (1)']).catch((error) => error);
    await until(async () => (await idsOf(database)).length === 1, { describe: 'the commit' });
    proxy.cut();
    expect(await writing).toMatchObject(gone);
    expect(await stream.reopen()).toMatchObject({ position: '1' });
  });

  it('is still its own when the answer to its own opening was lost', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    const { epoch } = await stream.open();
    await stream.reopen();
    expect(await stream.reopen({ epoch })).toMatchObject({ epoch: 3 });
  });

  it('is waited for, and that is said, when the user may not end the connection that has it', async () => {
    await using database = await createMysqlDatabase(server);
    await using old = new StreamProcess(database.url, database.name);
    await old.open();
    const { url } = await database.createUser();
    await using next = new StreamProcess(url, database.name);
    const { threadId } = old.opened.session;
    await expect(next.open({ patience: 300 })).rejects.toMatchObject({
      code: 'ZOMBIE_ALIVE',
      recovery: 'retry',
      hint: `KILL ${threadId};`,
    });
    const waiting = { type: 'waiting', code: 'ZOMBIE_ALIVE', details: { connection: threadId } };
    expect(next.events).toMatchObject([waiting]);
    const opening = next.open();
    await until(() => next.events.length === 2, { describe: 'the wait' });
    await old.write({ position: '7' });
    await old.opened.session.close();
    expect(await opening).toMatchObject({ epoch: 2, position: '7' });
  });

  it('is waited for while a stranger holds it, who is not ended', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    await stream.open();
    await database.query('START TRANSACTION; SELECT * FROM checkpoint FOR UPDATE');
    await expect(stream.reopen({ patience: 100 })).rejects.toMatchObject({ code: 'TRANSACTION_CONFLICT' });
    const opening = stream.reopen();
    const waits = ({ db, statement, time }: MysqlProcess) =>
      db === database.name && statement.includes('`checkpoint`') && time > 0;
    await until(async () => (await database.processes()).some(waits), { describe: 'the wait' });
    await database.query("UPDATE checkpoint SET position = '3'; COMMIT");
    expect(await opening).toMatchObject({ epoch: 2, position: '3' });
  });

  it('comes with what was copied, when the connections that copy are ended', async () => {
    await using database = await createMysqlDatabase(server);
    await makeItems(database);
    await using old = new StreamProcess(database.url, database.name);
    await old.open();
    await old.write({ tables });
    const { claim } = old.opened;
    const [copier, late] = [await old.connect(), await old.connect()];
    await takeCopyLock(copier, claim, 5, ending());
    await takeCopyLock(late, claim, 63, ending());
    const end = [holdClaim(claim), 'COMMIT'];
    await copier.script(['START TRANSACTION', saveProgress(claim, { ...range, done: false }), ...end]);
    await copier.script(['START TRANSACTION', saveProgress(claim, { ...range, rows: 9, done: true }), ...end]);
    await late.script(['START TRANSACTION', 'INSERT INTO items VALUES (1)']);
    await using next = new StreamProcess(database.url, database.name);
    const { tables: taken } = await next.open();
    expect(taken).toEqual({ 'shop.items': { ...copying, ranges: [{ ...range, rows: 9, done: true }] } });
    for (const session of [copier, late]) await expect(session.script(['COMMIT'])).rejects.toMatchObject(gone);
    await next.write({ tables: {} }, ['INSERT INTO items VALUES (1)', removeProgress(claim, ['shop.items'])]);
    expect(await database.query('SELECT * FROM copy_range')).toEqual([]);
  });

  it('is taken from a frozen connection that copies and holds it', async () => {
    await using database = await createMysqlDatabase(server);
    await using proxy = await startProxy({ target: server });
    await using old = new StreamProcess(proxy.url(database.name), database.name);
    await old.open();
    const { claim } = old.opened;
    const frozen = await old.connect();
    await takeCopyLock(frozen, claim, 0, ending());
    await frozen.script(['START TRANSACTION', holdClaim(claim)]);
    proxy.freeze();
    await using next = new StreamProcess(database.url, database.name);
    const begun = performance.now();
    expect(await next.open()).toMatchObject({ epoch: 2 });
    expect(performance.now() - begun).toBeLessThan(4_500);
  });

  it('knows a connection that copies in the place of a lost one', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    await stream.open();
    const { claim } = stream.opened;
    const [lost, other, next] = [await stream.connect(), await stream.connect(), await stream.connect()];
    await takeCopyLock(lost, claim, 1, ending());
    await takeCopyLock(other, claim, 2, ending());
    await takeCopyLock(next, claim, 1, ending());
    await expect(lost.script(['DO 1'])).rejects.toMatchObject(gone);
    for (const session of [other, next]) await session.script(['DO 1']);
  });

  it('is not waited for beyond the signal', async () => {
    await using database = await createMysqlDatabase(server);
    await using stream = new StreamProcess(database.url, database.name);
    await stream.open();
    await database.query('START TRANSACTION; SELECT * FROM checkpoint FOR UPDATE');
    const begun = performance.now();
    await expect(stream.reopen({ signal: AbortSignal.timeout(300) })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - begun).toBeLessThan(1_300);
    await database.query('ROLLBACK');
  });
});
