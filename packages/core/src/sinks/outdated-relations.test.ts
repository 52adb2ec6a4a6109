import { expect, it } from 'vitest';
import { newCheckpoint } from '../checkpoints/kept-checkpoint.ts';
import type { Sink, SinkBatch, SinkContext } from '../contracts/sink.ts';
import { changeBatch } from '../model/change-batch.ts';
import { decodedRow } from '../model/decoded-row.ts';
import type { Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import { relationOf } from '../stream/memory-log.test-support.ts';
import { nullSink } from './null-sink.ts';
import { knowingOutdated } from './outdated-relations.ts';

const { signal } = new AbortController();
const table = 'public.users';
const copied = relationOf('users');
const older: Relation = { ...copied, columns: copied.columns.slice(0, 1) };
const context: SinkContext = {
  streamId: 's',
  epoch: null,
  relations: [copied],
  compare: () => 0,
  logger: { info() {}, warn() {}, error() {} },
  report() {},
  signal,
};

const batchOf = (relation: Relation, catchingUp?: ReadonlySet<string>): SinkBatch => {
  const parts = { op: 'insert', table, relation, transaction: null, sequence: 0 } as const;
  const change = createChange({ ...parts, before: null, after: decodedRow(relation, { id: 1 }) });
  const checkpoint = newCheckpoint('s', 'x', 1);
  return { ...changeBatch([change], { position: '1' }), checkpoint, ...(catchingUp && { catchingUp }) };
};

const setup = () => {
  const told: (readonly Relation[])[] = [];
  const hear = ({ outdated }: SinkBatch) => void told.push([...(outdated ?? [])]);
  const sink: Sink = {
    ...nullSink(),
    write: async (batch) => hear(batch),
    async writeTransaction(_, parts) {
      for await (const part of parts) hear(part);
    },
    evolve: async () => {},
    side: () => sink,
  };
  return { told, sink: knowingOutdated(sink) };
};

const catchingUp = new Set([table]);

it('says of tables that are catching up which relations do not say what was copied', async () => {
  const { told, sink } = setup();
  await sink.open(context);
  for (const batch of [batchOf(older, catchingUp), batchOf(copied, catchingUp), batchOf(older)])
    await sink.write(batch, signal);
  expect(told).toEqual([[older], [], []]);
});

it('says it of transactions that come as a whole, and beside the stream', async () => {
  const { told, sink } = setup();
  const side = sink.side?.('1');
  await side?.open(context);
  const parts = async function* () {
    yield batchOf(older, catchingUp);
  };
  const transaction = { id: 't', commitTime: 0, position: '0' };
  await side?.writeTransaction?.(transaction, parts(), newCheckpoint('s', 'x', 1), signal);
  expect(told).toEqual([[older]]);
});

it('knows a table that is copied in another shape from then on', async () => {
  const { told, sink } = setup();
  await sink.open(context);
  await sink.evolve?.([{ relation: older, steps: [] }], signal);
  await sink.write(batchOf(older, catchingUp), signal);
  await sink.open(context);
  await sink.write(batchOf(older, catchingUp), signal);
  expect(told).toEqual([[], [older]]);
});
