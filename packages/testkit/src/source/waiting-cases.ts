import assert from 'node:assert/strict';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ConformanceCase } from '../conformance-case.ts';
import { patience, within } from '../within.ts';
import { insert } from './log-cases.ts';
import type { SourceSubject } from './source-subject.ts';

const { signal: never } = new AbortController();

/** Bytes that the process retains. Buffers are freed beside the collection, the last of them in the next one. */
const retained = async (): Promise<number> => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  for (let bytes = Number.POSITIVE_INFINITY; ; ) {
    collect();
    await setImmediate();
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external >= bytes) return bytes;
    bytes = heapUsed + external;
  }
};

/** Of one transaction, as text. */
const bytesEach = 120_000;
const transactions = 200;

export const waitingCases: readonly ConformanceCase<SourceSubject>[] = [
  {
    name: 'reads no further than it is pulled, and is kept alive meanwhile',
    promised: ['rule 38', 'invariant 7', 'invariant 11'],
    bareOnly: true,
    async run(subject) {
      const timeout = (await subject.world.shortenTimeout?.()) ?? 0;
      const stream = await subject.started({ acknowledges: false });
      const note = 'a'.repeat(bytesEach);
      const ids = Array.from({ length: transactions }, (_, id) => id);
      await subject.write(ids.map((id) => [insert(id, note)]));
      const before = await retained();
      await stream.read(1);
      await setTimeout(Math.max(500, 1.5 * timeout));
      const read = (await retained()) - before;
      assert.ok(read < (bytesEach * transactions) / 2, `${read} bytes are held that nobody has pulled`);
      await stream.read(transactions);
      assert.deepEqual(
        stream.changes.map(({ row }) => row?.id),
        ids.map(String),
      );
    },
  },
  {
    name: 'says that its log cannot be read any more while nobody pulls, and goes on when it is opened again',
    promised: ['rule 38', 'rule 4'],
    skip: ({ world }) => (world.cut === undefined ? 'nothing cuts its connection' : null),
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started({ acknowledges: false });
      const start = stream.position ?? '';
      await subject.write([[insert(1)]]);
      await stream.read(1);
      await stream.continue(start);
      await stream.open();
      const changes = await stream.source.changes(start, never);
      await subject.world.cut?.();
      const { failed } = changes;
      if (failed !== undefined) {
        const told = new Promise<void>((resolve) => {
          if (failed.aborted) resolve();
          else failed.addEventListener('abort', () => resolve());
        });
        await within(patience, 'the signal of a log that cannot be read', told);
        assert.ok(failed.reason instanceof Error, 'the reason of a log that cannot be read');
      }
      const batches = changes[Symbol.asyncIterator]();
      const pulling = async () => {
        for (let isDone = false; !isDone; ) isDone = (await batches.next()).done === true;
      };
      await within(patience, 'the failure of a log that was cut', assert.rejects(pulling()));
      await stream.close();
      await subject.write([[insert(2)]]);
      await stream.read(2);
      assert.deepEqual(
        stream.changes.map(({ row }) => row?.id),
        ['1', '2'],
      );
    },
  },
];
