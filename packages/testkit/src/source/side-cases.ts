import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.ts';
import { insert } from './log-cases.ts';
import type { SourceStream } from './source-stream.ts';
import type { SourceSubject } from './source-subject.ts';

const noSides = ({ sample }: SourceSubject) => (sample.side === undefined ? 'it has no side streams' : null);
const { signal } = new AbortController();

const sideOf = (subject: SourceSubject, main: SourceStream): Promise<SourceStream> => {
  const connect = () => {
    const side = main.source.side?.('1');
    assert.ok(side !== undefined);
    subject.closes(side);
    return side;
  };
  return subject.started({ connect }, true);
};

export const sideCases: readonly ConformanceCase<SourceSubject>[] = [
  {
    name: 'has sides that read the same log beside it',
    promised: ['rule 36'],
    skip: noSides,
    bareOnly: true,
    async run(subject) {
      const main = await subject.started();
      await subject.write([[insert(1)]]);
      await main.read(1);
      const side = await sideOf(subject, main);
      await subject.write([[insert(2), insert(3)], [insert(4)]]);
      await side.read(3);
      await main.read(4);
      assert.deepEqual(side.changes, main.changes.slice(1), 'changes of a side');
      const { source } = main;
      const order = source.compare(side.positions.at(-1)?.position ?? '', main.positions[0]?.position ?? '');
      assert.equal(order, 1, 'positions of a side are places in the same log');
    },
  },
  {
    name: 'keeps what belongs to it when a side is dropped',
    promised: ['rule 36', 'rule 33'],
    skip: noSides,
    bareOnly: true,
    async run(subject) {
      const main = await subject.started();
      for (let twice = 0; twice < 2; twice++) {
        const side = await sideOf(subject, main);
        await subject.write([[insert(10 + twice)]]);
        await side.read(1);
        await side.close();
        await side.source.release?.({ streamId: side.context(signal).streamId, claimed: true, signal });
      }
      await main.read(2);
      await main.continue(main.position ?? '');
      await subject.write([[insert(20)]]);
      await main.read(1);
      assert.equal(main.changes[0]?.row?.id, '20');
    },
  },
];
