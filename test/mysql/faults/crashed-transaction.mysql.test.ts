import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStream, memoryCheckpointStore, nullSink, type Sink } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, onTestFinished, test } from 'vitest';
import { crashDuring } from '../../../packages/mysql-source/src/continuity/crashed-server.test-support.ts';
import {
  createDatabase,
  createMysqlDatabase,
  mysqlNames,
  sharedPostgres,
  startMysql,
  until,
} from '../../harness/index.ts';

/** A sink of whole transactions that keeps the numbers it was given. */
const wholeSink = (received: unknown[]): Sink => ({
  ...nullSink(),
  capabilities: { ...nullSink().capabilities, transactions: 'whole' },
  async write({ changes }) {
    for (const change of changes) received.push(change.after?.id);
  },
  async writeTransaction(_, parts) {
    for await (const { changes } of parts) for (const change of changes) received.push(change.after?.id);
  },
});

test.each(mysqlNames())(
  'a large transaction that %s was writing when it crashed reaches no target, and leaves nothing behind',
  { timeout: 90_000 },
  async (name) => {
    await using server = await startMysql({ name });
    const source = await createMysqlDatabase(server);
    await using target = await createDatabase(sharedPostgres());
    const directory = await mkdtemp(join(tmpdir(), 'spill-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await source.query('CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE numbers (id int PRIMARY KEY)');
    await source.query(`INSERT INTO numbers VALUES ${Array.from({ length: 5_000 }, (_, id) => `(${id + 10})`)}`);
    const received: unknown[] = [];
    const streams = [
      { id: 'atomic', sink: postgresSink({ connection: target.url, targetSchema: 'public' }) },
      { id: 'whole', sink: wholeSink(received), checkpoints: memoryCheckpointStore() },
    ].map((sink) =>
      createStream({
        ...sink,
        source: mysqlSource({ connection: source.url, batch: { maxChanges: 500 } }),
        tables: ['t'],
        snapshot: 'never',
        batch: { maxRows: 500 },
        spill: { directory, maxBytes: 1e9 },
      }),
    );
    await target.query('CREATE TABLE t (id int PRIMARY KEY)');
    for (const stream of streams) {
      await stream.start();
      await stream.pause();
    }
    await source.query('INSERT INTO t VALUES (1)');
    await crashDuring(server, source, 'INSERT INTO t SELECT id FROM numbers', 'whole events');
    await source.query('INSERT INTO t VALUES (3)');
    for (const stream of streams) await stream.resume();
    const written = async () =>
      (await target.query<{ id: number }>('SELECT id FROM t ORDER BY id')).map(({ id }) => id);
    await until(async () => (await written()).includes(3) && received.includes(3), { describe: 'the last row' });
    expect(await written()).toEqual([1, 3]);
    expect(received).toEqual([1, 3]);
    expect(await readdir(directory)).toEqual([]);
    for (const stream of streams) {
      const codes = stream.errors.map(({ code }) => code);
      expect(codes.filter((code) => code !== 'TRANSACTION_CUT_OFF' && code !== 'CONNECTION_LOST')).toEqual([]);
      expect(codes.includes('TRANSACTION_CUT_OFF')).toBe(name !== 'mysql');
      await stream.stop();
    }
  },
);
