import type { ChangeBatch } from '@millrace/core';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { livenessTimings } from '../liveness/liveness-timings.ts';
import { encode, oids, table } from '../pgoutput/message-encoder.test-support.ts';
import { PgoutputDecoder } from '../pgoutput/pgoutput-decoder.ts';
import { ChangeReader } from './change-reader.ts';
import type { ReplicationConnection, ReplicationHandlers } from './replication-connection.ts';

const users = table(16_400, 'users', { id: oids.int4, name: oids.text });

/** Stands for the connection: what the server would send is said by the test. */
class ScriptedConnection {
  readonly log: string[] = [];
  received = 0n;
  congested = false;
  pause = () => void this.log.push('pause');
  resume = () => void this.log.push('resume');
  send = (status: Buffer) => void this.log.push(`status ${status.readBigUInt64BE(9)}`);
  destroy = () => void this.log.push('destroy');
  finish = async () => void this.log.push('finish');
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

interface Given {
  readonly maxChanges?: number;
  readonly heartbeatEvery?: number;
  readonly firstHeartbeat?: number;
  readonly walSenderTimeout?: number;
}

const reading = async (given: Given = {}) => {
  const { maxChanges = 3, heartbeatEvery = 10_000, walSenderTimeout = 60_000 } = given;
  const { firstHeartbeat = heartbeatEvery } = given;
  const limits = { maxChanges, maxBytes: 1_000_000 };
  const connection = new ScriptedConnection();
  let handlers: ReplicationHandlers | undefined;
  const reader = await ChangeReader.open({
    connect: async (given) => {
      handlers = given;
      return connection as unknown as ReplicationConnection;
    },
    decoder: new PgoutputDecoder({ limits, primaryKey: () => null }),
    limits,
    timings: livenessTimings(walSenderTimeout),
    heartbeats: { first: firstHeartbeat, every: heartbeatEvery },
    clockOffset: 0,
    explain: async (error) => error as Error,
  });
  onTestFinished(() => reader.close());
  if (handlers === undefined) throw new Error('not connected');
  const { keepalive, lost } = handlers;
  const message = (bytes: Buffer) => handlers?.message(bytes, 0, bytes.length);
  message(encode.relation(users));
  const begin = (lsn: bigint, time = Date.now()) => message(encode.begin(lsn, time));
  const row = () => message(encode.insert(users.oid, ['1', 'x']));
  const commit = (lsn: bigint) => message(encode.commit(lsn, lsn + 8n));
  const transaction = (lsn: bigint, rows = 1, time = Date.now()) => {
    begin(lsn, time);
    for (let count = 0; count < rows; count++) row();
    commit(lsn);
  };
  return { reader, connection, keepalive, lost, message, begin, row, commit, transaction };
};

const brief = (batch: ChangeBatch | null) => batch && [batch.changes.length, batch.position];

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
});
afterEach(() => void vi.useRealTimers());

describe('ChangeReader', () => {
  it('passes on the end of a transaction in parts at once, though it brings nothing', async () => {
    const { reader, message, begin, row, commit } = await reading();
    const next = reader.next();
    begin(0x10n);
    row();
    message(encode.relation(table(users.oid, 'users', { id: oids.int4, name: oids.text, note: oids.text })));
    commit(0x10n);
    expect(brief(await next)).toEqual([1, null]);
    expect(brief(await reader.next())).toEqual([0, '0/18']);
  });

  it('makes one batch of everything that one turn of the event loop reads', async () => {
    const { reader, transaction } = await reading();
    const next = reader.next();
    transaction(0x10n);
    transaction(0x20n);
    expect(brief(await next)).toEqual([2, '0/28']);
  });

  it('leaves the socket alone when what nobody takes has reached its bound, and reads on when it is taken', async () => {
    const { reader, connection, transaction } = await reading();
    transaction(0x10n, 2);
    await turn();
    expect(connection.log).toEqual([]);
    transaction(0x20n, 2);
    await turn();
    expect(connection.log).toEqual(['pause']);
    expect(brief(await reader.next())).toEqual([2, '0/18']);
    expect(connection.log).toEqual(['pause', 'resume']);
  });

  it('reads on while somebody waits, however large the open transaction is', async () => {
    const { reader, connection, begin, row, commit } = await reading({ maxChanges: 2 });
    const next = reader.next();
    begin(0x10n);
    for (let count = 0; count < 2; count++) row();
    await turn();
    expect(connection.log).not.toContain('pause');
    row();
    expect(brief(await next)).toEqual([2, null]);
    commit(0x10n);
    expect(brief(await reader.next())).toEqual([1, '0/18']);
  });

  it('takes no position from a keepalive inside a transaction', async () => {
    const { reader, keepalive, begin, row, commit } = await reading({ heartbeatEvery: 0 });
    const next = reader.next();
    begin(0x10n);
    row();
    keepalive(0x900n, true);
    await turn();
    commit(0x10n);
    expect(brief(await next)).toEqual([1, '0/18']);
  });

  it('passes no older position on between the parts of a transaction', async () => {
    const { reader, begin, row, commit, transaction } = await reading({ maxChanges: 2, heartbeatEvery: 20 });
    const next = reader.next();
    transaction(0x10n, 0);
    begin(0x20n);
    for (let count = 0; count < 3; count++) row();
    expect(brief(await next)).toEqual([2, null]);
    await vi.advanceTimersByTimeAsync(30);
    const rest = reader.next();
    await turn();
    commit(0x20n);
    expect(brief(await rest)).toEqual([1, '0/28']);
  });

  it('passes an idle position on at most once per interval, at once when the server asks', async () => {
    const { reader, keepalive, transaction } = await reading({ heartbeatEvery: 60_000 });
    const next = reader.next();
    keepalive(0x10n, false);
    await turn();
    keepalive(0x20n, true);
    expect(brief(await next)).toEqual([0, '0/20']);
    const after = reader.next();
    keepalive(0x30n, false);
    // A transaction of which nothing is published is no better than a keepalive.
    transaction(0x40n, 0);
    await turn();
    transaction(0x50n, 1);
    expect(brief(await after)).toEqual([1, '0/58']);
  });

  it('waits longer and longer for the next idle position at first', async () => {
    const heartbeatEvery = 10_000;
    const { reader, keepalive } = await reading({ firstHeartbeat: 10, heartbeatEvery });
    for (const [index, wait] of [10, 20, 40, 80].entries()) {
      keepalive(BigInt(index + 1), false);
      const begun = performance.now();
      const next = reader.next();
      await turn();
      await vi.advanceTimersToNextTimerAsync();
      await next;
      expect(performance.now() - begun).toBe(wait);
    }
  });

  it('sends statuses while nothing is read', async () => {
    const { connection, transaction } = await reading({ walSenderTimeout: 60 });
    transaction(0x10n, 5);
    await turn();
    expect(connection.log).toEqual(['pause']);
    await vi.advanceTimersByTimeAsync(120);
    expect(connection.log.filter((entry) => entry === 'status 0').length).toBeGreaterThanOrEqual(3);
    expect(connection.log).not.toContain('destroy');
  });

  it('confirms once for many acknowledgements, and never backwards', async () => {
    const { reader, connection } = await reading();
    for (const position of [5n, 9n, 7n]) reader.confirm(position);
    await vi.waitFor(() => expect(connection.log).toEqual(['status 9']));
    reader.confirm(8n);
    reader.confirm(11n);
    await turn();
    reader.confirm(12n);
    await vi.waitFor(() => expect(connection.log).toEqual(['status 9', 'status 12']));
  });

  it('coalesces small reads while catching up, and not from when it has caught up', async () => {
    const { reader, connection, transaction } = await reading();
    void reader.next();
    transaction(0x10n, 1, Date.now() - 60_000);
    await turn();
    expect(connection.log).toEqual(['pause']);
    await vi.waitFor(() => expect(connection.log).toEqual(['pause', 'resume']));
    for (const lsn of [0x20n, 0x30n]) {
      void reader.next();
      transaction(lsn, 1);
      await turn();
    }
    expect(connection.log).toEqual(['pause', 'resume']);
  });

  it('rejects what waits, and everything after, when the connection ends', async () => {
    const { reader, lost, transaction } = await reading();
    const next = reader.next();
    lost(new Error('gone'));
    await expect(next).rejects.toThrow('gone');
    transaction(0x10n);
    await expect(reader.next()).rejects.toThrow('gone');
  });

  it('says that the connection has ended while nobody waits', async () => {
    const { reader, lost, transaction } = await reading({ maxChanges: 1 });
    transaction(0x10n, 5);
    await turn();
    expect(reader.failed.aborted).toBe(false);
    const error = new Error('gone');
    lost(error);
    await turn();
    expect(reader.failed.reason).toBe(error);
  });

  it('ends quietly when stopped, and keeps confirming until it is closed', async () => {
    const { reader, connection } = await reading();
    const next = reader.next();
    reader.stop();
    expect(await next).toBeNull();
    reader.confirm(5n);
    await reader.close();
    expect(connection.log).toEqual(['pause', 'status 5', 'finish']);
    await reader.close();
  });
});
