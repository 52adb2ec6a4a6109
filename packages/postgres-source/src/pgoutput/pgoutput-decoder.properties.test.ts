import type { Change, ChangeBatch, RowImage } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLsn } from '../lsn.ts';
import type { BatchLimits } from './batch-draft.ts';
import { type ExpectedChange, type History, history } from './history.test-support.ts';
import { PgoutputDecoder } from './pgoutput-decoder.ts';

const limits: fc.Arbitrary<BatchLimits> = fc.record({
  maxChanges: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 200 })),
  maxBytes: fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 1_000_000 })),
});

interface Step {
  readonly flush: boolean;
  readonly take: number;
  readonly keepalive: boolean;
}

/** What happens after each message: the end of a read, which is often or rare, batches being taken, a keepalive. */
const reading: fc.Arbitrary<Iterator<Step>> = fc.constantFrom(1, 2, 8, 40).chain((length) =>
  fc.infiniteStream(
    fc.record({
      flush: fc.nat({ max: length }).map((roll) => roll === 0),
      take: fc.nat({ max: 2 }),
      keepalive: fc.boolean(),
    }),
  ),
);

const texts = (image: RowImage | null): Record<string, string | null> | null =>
  image === null
    ? null
    : Object.fromEntries(
        image.relation.columns.flatMap(({ name }, column) => {
          const state = image.state(column);
          return state === 'value' || state === 'null' ? [[name, image.text(column)]] : [];
        }),
      );

const seen = ({ op, table, transaction, sequence, image }: Change): ExpectedChange => ({
  op,
  table,
  transaction: transaction?.id ?? '',
  sequence,
  after: texts(image.after),
  before: texts(image.before),
});

interface Reading {
  readonly batches: readonly ChangeBatch[];
  /** Of each batch when it was taken. */
  readonly changes: readonly (readonly ExpectedChange[])[];
}

/** Decodes out of one buffer that is overwritten after every message, as the driver's is. */
const read = ({ messages, walEnds }: History, limit: BatchLimits, steps: Iterator<Step>): Reading => {
  const decoder = new PgoutputDecoder({ limits: limit, primaryKey: () => ['id'] });
  const buffer = Buffer.alloc(200_000);
  const batches: ChangeBatch[] = [];
  let pending = 0;
  const take = (count: number) => {
    for (let taken = 0; taken < count; taken++) {
      const before = decoder.pendingBytes;
      const batch = decoder.take();
      if (batch === null) return;
      batches.push(batch);
      pending += batch.changes.length;
      expect(decoder.pendingBytes).toBe(before - batch.bytes);
    }
  };
  for (const [index, message] of messages.entries()) {
    buffer.set(message, 25);
    decoder.push(buffer, 25, 25 + message.length);
    buffer.fill(0xee, 0, 25 + message.length);
    const { flush, take: count, keepalive } = steps.next().value;
    if (flush) decoder.flush();
    take(count);
    if (keepalive) {
      decoder.keepalive(walEnds[index] ?? 0n);
      const heartbeat = decoder.takeHeartbeat();
      if (heartbeat !== null) batches.push(heartbeat);
    }
  }
  decoder.flush();
  expect(decoder.pendingBytes).toBeGreaterThanOrEqual(0);
  take(Number.POSITIVE_INFINITY);
  expect(decoder.pendingBytes).toBe(0);
  expect(decoder.pendingChanges).toBe(0);
  expect(pending).toBe(batches.reduce((sum, { changes }) => sum + changes.length, 0));
  return { batches, changes: batches.map((batch) => [...batch.changes].map(seen)) };
};

const anyReading = (check: (given: History, found: Reading, limit: BatchLimits) => void, numRuns = 200) =>
  fc.assert(
    fc.property(history, limits, reading, (given, limit, steps) => check(given, read(given, limit, steps), limit)),
    { numRuns },
  );

const groupsOf = (changes: readonly ExpectedChange[]): readonly string[] => [
  ...new Set(changes.map(({ transaction }) => transaction)),
];

describe('PgoutputDecoder, any transactions cut anywhere', { timeout: 120_000 }, () => {
  it('gives the same changes in the same order', () => {
    anyReading(({ transactions }, { changes }) => {
      expect(changes.flat()).toEqual(transactions.flatMap((transaction) => transaction.changes));
    });
  });

  it('gives the same again when the batches are read later', () => {
    anyReading((_, { batches, changes }) => {
      expect(batches.map((batch) => [...batch.changes].map(seen))).toEqual(changes);
    }, 60);
  });

  it('keeps a row that outlives its batch', () => {
    anyReading((_, { batches }) => {
      for (const { image } of batches.flatMap((batch) => [...batch.changes])) {
        expect(texts(image.after?.keep() ?? null)).toEqual(texts(image.after));
        expect(texts(image.before?.keep() ?? null)).toEqual(texts(image.before));
        expect(image.after?.keep().byteLength).toBe(image.after?.byteLength);
      }
    }, 60);
  });

  it('only moves forward, by whole transactions', () => {
    anyReading(({ transactions }, { batches, changes }) => {
      let last = 0n;
      let delivered = 0;
      for (const [index, { position }] of batches.entries()) {
        delivered += changes[index]?.length ?? 0;
        if (position === null) continue;
        const lsn = parseLsn(position);
        expect(lsn).toBeGreaterThan(last);
        last = lsn;
        const contained = transactions.filter(({ start }) => start < lsn);
        expect(contained.every(({ end }) => end <= lsn)).toBe(true);
        expect(delivered).toBe(contained.flatMap((transaction) => transaction.changes).length);
      }
      const end = transactions.at(-1)?.end;
      if (end !== undefined) expect(last).toBeGreaterThanOrEqual(end);
    });
  });

  it('never mixes a part with anything else, nor ends it in a batch without changes', () => {
    anyReading((_, { batches, changes }) => {
      let open: string | null = null;
      for (const [index, batch] of batches.entries()) {
        const groups = groupsOf(changes[index] ?? []);
        if (open !== null || batch.position === null) expect(groups).toHaveLength(1);
        if (open !== null) expect(groups).toEqual([open]);
        if (batch.position === null) expect([batch.transaction.id]).toEqual(groups);
        open = batch.position === null ? batch.transaction.id : null;
      }
      expect(open).toBeNull();
    });
  });

  it('stays within the limits, but for a single message', () => {
    anyReading(({ transactions }, { batches, changes }, { maxChanges, maxBytes }) => {
      const steps = new Map(
        transactions.flatMap((one) =>
          one.changes.map(({ transaction, sequence }, index) => [`${transaction} ${sequence}`, one.steps[index]]),
        ),
      );
      for (const [index, { changes: own, bytes }] of batches.entries()) {
        const messages = (changes[index] ?? []).map(({ transaction, sequence }) =>
          JSON.stringify([transaction, steps.get(`${transaction} ${sequence}`)]),
        );
        if (new Set(messages).size <= 1) continue;
        expect(own.length).toBeLessThanOrEqual(maxChanges);
        expect(bytes).toBeLessThanOrEqual(maxBytes);
      }
    });
  });

  it('describes each batch by its changes', () => {
    anyReading((_, { batches, changes }) => {
      for (const [index, batch] of batches.entries()) {
        const own = changes[index] ?? [];
        expect(batch.changes.length).toBe(own.length);
        expect(new Set(batch.relations)).toEqual(new Set([...batch.changes].map(({ relation }) => relation)));
        expect(new Set(batch.relations).size).toBe(batch.relations.length);
        const counts = new Map<string, number>();
        for (const { table } of own) counts.set(table, (counts.get(table) ?? 0) + 1);
        expect(Object.fromEntries(batch.tables)).toEqual(Object.fromEntries(counts));
        expect(batch.commitTime === null).toBe(own.length === 0);
        const buffers = new Set(
          [...batch.changes].flatMap(({ image }) => [image.after, image.before]).flatMap(buffersOf),
        );
        const retained = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
        expect(batch.bytes).toBeGreaterThanOrEqual(retained);
      }
    }, 60);
  });
});

const buffersOf = (image: RowImage | null): ArrayBufferLike[] =>
  image === null
    ? []
    : image.relation.columns.flatMap((_, column) => {
        const bytes = image.bytes(column);
        return bytes === null ? [] : [bytes.buffer];
      });
