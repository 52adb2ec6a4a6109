import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-case.ts';
import { patience, within } from '../within.ts';
import { insert } from './log-cases.ts';
import type { SourceSubject } from './source-subject.ts';

/** Milliseconds in which whatever waits has noticed that it is aborted. */
const abortLimit = 1_000;
const { signal: never } = new AbortController();

export const lifecycleCases: readonly ConformanceCase<SourceSubject>[] = [
  {
    name: 'has the methods that go with its capabilities',
    promised: ['rule 31'],
    bareOnly: true,
    async run({ sample }) {
      const { copy } = sample.capabilities;
      const required = [
        ...(copy === 'none' ? [] : (['planCopy', 'copy', 'reselect'] as const)),
        ...(copy === 'exact' ? (['copyExactly'] as const) : []),
      ];
      assert.deepEqual(
        required.filter((method) => typeof sample[method] !== 'function'),
        [],
      );
    },
  },
  {
    name: 'finds nothing wrong with a log that is ready, and describes its table while it is closed',
    promised: ['rule 3'],
    bareOnly: true,
    async run(subject) {
      const stream = subject.stream();
      const report = await stream.source.validate(stream.context(never));
      const failures = report.items.filter(({ state, level }) => state === 'failed' && level === 'error');
      assert.deepEqual(failures, []);
      const { table } = subject.world;
      const { columns, key } = await subject.relation(stream);
      const names = columns.map(({ name }) => name);
      assert.deepEqual(Object.values(table.columns).sort(), [...names].sort());
      assert.deepEqual(
        key?.map((column) => names[column]),
        [table.columns.id],
      );
      // Nothing has been made, so that a first start finds nothing.
      await stream.start();
      await subject.write([[insert(1)]]);
      await stream.read(1);
    },
  },
  {
    name: 'is the same log at every open, in every process',
    promised: ['rule 30', 'invariant 3'],
    async run(subject) {
      const [one, other] = [subject.stream(), subject.stream()];
      await one.start();
      const { identity } = one;
      await one.close();
      await one.open();
      await one.close();
      await other.open();
      assert.deepEqual(other.identity, identity);
    },
  },
  {
    name: 'claims what it makes before it does',
    promised: ['rule 28'],
    bareOnly: true,
    async run(subject) {
      const stream = subject.stream();
      await stream.source.open(stream.context(never));
      const calls: string[] = [];
      const claim = async () => {
        calls.push('claim');
        throw new Error('the claim could not be saved');
      };
      const disclaim = async () => {
        calls.push('disclaim');
      };
      const begin = { claimed: false, copies: false, claim, disclaim, signal: never };
      const outcome = await stream.source.begin(begin).then(
        () => null,
        (error: unknown) => error,
      );
      // A source that makes nothing has nothing to claim.
      if (calls.includes('claim')) {
        assert.ok(outcome !== null, 'what could not be claimed was made');
        assert.equal(typeof stream.source.release, 'function', 'what is claimed is never dropped');
      }
      await stream.close();
      await stream.start();
      await subject.write([[insert(1)]]);
      await stream.read(1);
    },
  },
  {
    name: 'begins where it is told',
    promised: ['rule 28'],
    skip: ({ sample }) => (sample.capabilities.startPoints === true ? null : 'it begins where it does by itself'),
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started({ acknowledges: false });
      await subject.write([[insert(1)], [insert(2)]]);
      await stream.read(2);
      const { position = '', count = 0 } = stream.positions[0] ?? {};
      const rest = stream.changes.slice(count);
      const told = [
        { from: { position }, expected: rest },
        { from: 'latest', expected: [] },
      ] as const;
      for (const [at, { from, expected }] of told.entries()) {
        await stream.close();
        await stream.open();
        await stream.continue(await stream.begin(never, false, from));
        await subject.write([[insert(10 + at)]]);
        await stream.read(expected.length + 1);
        assert.deepEqual(stream.changes.slice(0, -1), expected);
        assert.equal(stream.changes.at(-1)?.row?.id, String(10 + at));
      }
    },
  },
  {
    name: 'drops what it has made, as often as it is asked, and begins anew',
    promised: ['rule 33'],
    skip: ({ sample }) => (sample.release === undefined ? 'it makes nothing' : null),
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started();
      await subject.write([[insert(1)]]);
      await stream.read(1);
      await stream.close();
      const { streamId } = stream.context(never);
      for (let twice = 0; twice < 2; twice++)
        await assert.doesNotReject(async () => subject.sample.release?.({ streamId, claimed: true, signal: never }));
      const next = subject.stream();
      await assert.doesNotReject(next.start(), 'a first start after everything was dropped');
      await subject.write([[insert(2)]]);
      await next.read(1);
    },
  },
  {
    name: 'orders its positions as its log does',
    promised: ['rule 32', 'rule 27'],
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started();
      const start = stream.position ?? '';
      for (let id = 0; id < 12; id++) {
        await subject.write([[insert(id)]]);
        await stream.read(id + 1);
      }
      const { source } = stream;
      const head = await source.head();
      assert.ok(Math.abs(head.time - Date.now()) < 3_600_000, 'the clock of the server');
      const positions = [start, ...stream.positions.map(({ position }) => position)];
      for (const [n, a] of positions.entries()) {
        assert.equal(source.compare(a, a), 0);
        assert.ok(source.compare(a, head.position) <= 0, `${a} is behind the head ${head.position}`);
        for (const b of positions.slice(n + 1)) {
          const order = source.compare(a, b);
          assert.ok(order <= 0, `${a} comes before ${b}`);
          assert.equal(source.compare(b, a), order === 0 ? 0 : 1);
          const distance = source.distance?.(a, b) ?? null;
          assert.ok(distance === null || distance >= 0, `the distance from ${a} to ${b}`);
        }
      }
      const last = positions.at(-1) ?? start;
      assert.equal(source.compare(start, last), -1, 'twelve transactions have not moved the position');
    },
  },
  {
    name: 'ends a wait for changes within a second of its signal',
    promised: ['rule 1'],
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started();
      const aborter = new AbortController();
      const batches = await stream.iterate(aborter.signal);
      const waiting = until(batches);
      await new Promise((resolve) => setTimeout(resolve, 100));
      aborter.abort(new Error('enough'));
      await within(abortLimit, 'the end of a wait that was aborted', waiting);
      await stream.close();
      await subject.write([[insert(1)]]);
      await stream.read(1);
    },
  },
  {
    name: 'ends what was aborted before it began',
    promised: ['rule 1'],
    bareOnly: true,
    async run(subject) {
      const stream = subject.stream();
      const aborted = AbortSignal.abort(new Error('aborted'));
      const ends = (what: string, work: Promise<unknown>) =>
        within(abortLimit, `${what} that was aborted`, Promise.allSettled([work]));
      await ends('validate', stream.source.validate(stream.context(aborted)));
      await ends('open', stream.source.open(stream.context(aborted)));
      await stream.source.close();
      await stream.start();
      await ends('changes', stream.iterate(aborted));
    },
  },
  {
    name: 'closes in any state, more than once, and opens again',
    promised: ['rule 2'],
    bareOnly: true,
    async run(subject) {
      const stream = subject.stream();
      const close = () => assert.doesNotReject(within(patience, '`close`', stream.source.close()));
      await close();
      await stream.start();
      const aborter = new AbortController();
      const waiting = until(await stream.iterate(aborter.signal));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await Promise.all([close(), close()]);
      aborter.abort(new Error('closed'));
      await within(abortLimit, 'the end of a wait for changes of a source that is closed', waiting);
      await close();
      stream.source.acknowledge?.(stream.position ?? '');
      await stream.close();
      await subject.write([[insert(1)]]);
      await stream.read(1);
    },
  },
];

/** Pulls until there is nothing more to wait for. */
const until = async (batches: AsyncIterator<unknown>): Promise<void> => {
  for (;;) {
    const ended = await batches.next().then(
      ({ done }) => done === true,
      () => true,
    );
    if (ended) return;
  }
};
