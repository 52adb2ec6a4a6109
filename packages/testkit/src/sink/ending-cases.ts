import assert from 'node:assert/strict';
import type { ChangeBatch, SinkBatch } from '@millrace/core';
import { inParts, wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { abortLimit, closingCase, endsAborted } from '../ending.ts';
import { patience, within } from '../within.ts';
import { expectedRows } from './expected-rows.ts';
import { insert, inserts } from './row-cases.ts';
import type { SinkStream } from './sink-stream.ts';
import type { SinkSubject } from './sink-subject.ts';

const cannotStall = ({ world }: SinkSubject) =>
  world.stall === undefined ? 'nothing can keep its target from answering' : null;

const { signal } = new AbortController();

/** A write that is waited for by nobody else. */
const hanging = (stream: SinkStream, batch: ChangeBatch, aborted: AbortSignal) =>
  stream.sink.write({ ...batch, checkpoint: stream.after(batch) } as SinkBatch, aborted);

export const endingCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'has the methods that go with its capabilities',
    promised: ['rule 15', 'rule 16', 'rule 18', 'rule 19'],
    bareOnly: true,
    async run({ sample }) {
      const { checkpoints, schemaChanges, transactions } = sample.capabilities;
      const own = ['saveCheckpoint', 'readCheckpoint', 'deleteCheckpoint'] as const;
      const required = [
        ...(checkpoints === 'own' ? own : []),
        ...(transactions === 'whole' ? (['writeTransaction'] as const) : []),
        ...(schemaChanges ? (['evolve'] as const) : []),
        ...(sample.writeChunk === undefined ? [] : own),
        ...(sample.side === undefined ? [] : (['mergeSide', 'recheck', 'writeChunk'] as const)),
      ];
      assert.deepEqual(
        required.filter((method) => typeof sample[method] !== 'function'),
        [],
      );
      assert.equal(typeof sample.name, 'string');
    },
  },
  {
    name: 'finds nothing wrong with a target that is ready, and makes nothing there',
    promised: ['rule 3'],
    bareOnly: true,
    async run(subject) {
      const stream = subject.stream();
      const report = await stream.sink.validate(stream.context(null, signal));
      const failures = report.items.filter(({ state, level }) => state === 'failed' && level === 'error');
      assert.deepEqual(failures, []);
      await stream.sink.plan?.(stream.context(null, signal));
      await subject.expectRows([], 'rows after a validation');
      if (!stream.keepsCheckpoints) return;
      assert.equal(await stream.sink.readCheckpoint?.('stream', signal), null, 'a checkpoint that a validation made');
      // What runs is not disturbed.
      await stream.begin();
      const next = subject.stream();
      await next.sink.validate(next.context(null, signal));
      await stream.write(wholeTransactions(1, [[insert(1)]]));
    },
  },
  {
    name: 'ends what was aborted before it began',
    promised: ['rule 1'],
    bareOnly: true,
    async run(subject) {
      const stream = subject.stream();
      const aborted = AbortSignal.abort(new Error('aborted'));
      await endsAborted('validate', stream.sink.validate(stream.context(null, aborted)));
      await endsAborted('open', stream.sink.open(stream.context(null, aborted)));
      await stream.sink.close();
      await stream.begin();
      await endsAborted(
        'write',
        stream.sink.write({ ...wholeTransactions(1, [[insert(1)]]), checkpoint: null }, aborted),
      );
      await stream.reconnect();
      if (!stream.keepsCheckpoints) return;
      await endsAborted(
        'saveCheckpoint',
        stream.sink.saveCheckpoint?.({ ...stream.checkpoint, position: '9' }, aborted),
      );
      await endsAborted('readCheckpoint', stream.sink.readCheckpoint?.('stream', aborted));
    },
  },
  {
    name: 'ends a write that hangs within a second of its signal',
    promised: ['rule 1', 'rule 4'],
    skip: cannotStall,
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      await stream.write(wholeTransactions(1, [[insert(1)]]));
      const large = stream.takesParts ? inParts(3, inserts(3, 60), 30) : [wholeTransactions(3, [inserts(3, 60)])];
      for (const log of [[wholeTransactions(2, [[insert(2)]])], large]) {
        const [batch] = log;
        assert.ok(batch !== undefined);
        {
          await using _ = await subject.world.stall?.();
          const aborter = new AbortController();
          const writing = hanging(stream, batch, aborter.signal);
          await new Promise((resolve) => setTimeout(resolve, 50));
          aborter.abort(new Error('aborted'));
          await within(abortLimit, 'the end of a write that was aborted', Promise.allSettled([writing]));
          await assert.rejects(writing, 'a write that hung and was aborted has to reject');
        }
        await stream.reconnect();
        await stream.deliver(log);
      }
      await subject.expectRows(expectedRows([inserts(1, 62)]), 'rows after writes that were aborted');
    },
  },
  {
    name: 'closes while a write hangs',
    promised: ['rule 2'],
    skip: cannotStall,
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      {
        await using _ = await subject.world.stall?.();
        const aborter = new AbortController();
        const batch = wholeTransactions(1, [[insert(1)]]);
        const writing = Promise.allSettled([hanging(stream, batch, aborter.signal)]);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await within(patience, '`close`', stream.sink.close());
        aborter.abort(new Error('closed'));
        await within(abortLimit, 'the end of a write to a sink that is closed', writing);
      }
      await stream.reconnect();
      await stream.deliver([wholeTransactions(1, [[insert(1)]])]);
      await subject.expectRows(expectedRows([[insert(1)]]), 'rows after the sink was closed');
    },
  },
  closingCase((subject) => {
    const stream = subject.stream();
    let number = 0;
    return {
      close: () => stream.sink.close(),
      async begin() {
        await stream.begin();
        return async () => {};
      },
      open: () => stream.sink.open(stream.context(stream.checkpoint.epoch, signal)),
      async use() {
        await stream.begin();
        await stream.write(wholeTransactions(++number, [[insert(number)]]));
        await subject.expectRows(expectedRows([inserts(1, number)]), 'rows after the sink was closed and opened');
      },
    };
  }),
];
