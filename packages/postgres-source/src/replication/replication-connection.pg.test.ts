import { describe, expect, it, vi } from 'vitest';
import {
  createDatabase,
  openSockets,
  sharedPostgres,
  startProxy,
  uniqueName,
  until,
} from '../../../../test/harness/index.ts';
import { ReplicationConnection, type ReplicationHandlers } from './replication-connection.ts';
import { startReplication } from './start-replication.ts';

const prepared = async () => {
  const database = await createDatabase(sharedPostgres());
  const slot = uniqueName('slot');
  await database.query('CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t');
  await database.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, 'pgoutput']);
  const open = (handlers: Partial<ReplicationHandlers>, given: { connection?: string; signal?: AbortSignal } = {}) =>
    ReplicationConnection.open({
      connection: database.url,
      applicationName: 'millrace test',
      statement: startReplication({ slot, after: '0/0', publications: ['p'], binary: false, messages: false }),
      handlers: { message: () => {}, keepalive: () => {}, lost: () => {}, ...handlers },
      signal: new AbortController().signal,
      ...given,
    });
  return { database, slot, open };
};

describe('a replication connection', () => {
  it('ends with the error of a message that could not be processed, and processes nothing after it', async () => {
    const { database, open } = await prepared();
    await using _ = database;
    const seen: string[] = [];
    const lost = vi.fn();
    const connection = await open({
      message: (bytes, start) => {
        seen.push(String.fromCharCode(bytes[start] ?? 0));
        if (seen.length === 2) throw new Error('cannot decode');
      },
      lost,
    });
    await database.query('INSERT INTO t VALUES (1)');
    await until(() => lost.mock.calls.length > 0, { describe: 'the end' });
    expect(lost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'cannot decode' }));
    expect(seen).toHaveLength(2);
    await connection.finish();
  });

  it('rejects with the signal when aborted, and leaves no socket', async () => {
    const { database, open } = await prepared();
    await using _ = database;
    await using proxy = await startProxy({ target: database.server });
    proxy.freeze();
    const controller = new AbortController();
    const opening = open({}, { connection: proxy.url(database.name), signal: controller.signal });
    const settled = opening.catch((error) => error);
    await until(() => proxy.connections.length > 0, { describe: 'a connection' });
    const before = openSockets();
    controller.abort(new Error('enough'));
    expect(await settled).toMatchObject({ message: 'enough' });
    await until(() => openSockets() < before, { describe: 'one socket less' });
  });

  it('says what the server says when it cannot start', async () => {
    const { database, slot, open } = await prepared();
    await using _ = database;
    await database.query('SELECT pg_drop_replication_slot($1)', [slot]);
    await expect(open({})).rejects.toMatchObject({ code: '42704' });
  });

  it('can be finished and destroyed in any order, as often as one likes', async () => {
    const { database, open } = await prepared();
    await using _ = database;
    const lost = vi.fn();
    const connection = await open({ lost });
    await Promise.all([connection.finish(), connection.finish()]);
    connection.destroy();
    connection.send(Buffer.from('r'));
    connection.resume();
    await connection.finish();
    expect(lost).not.toHaveBeenCalled();
  });
});
