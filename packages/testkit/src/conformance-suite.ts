import type { ConformanceCase } from './conformance-case.ts';
import { type Fault, FaultInjector, faults } from './faults/fault-injector.ts';
import type { TestRunner } from './test-runner.ts';

/** What a factory makes for one case: nothing of it has been used before. Disposed of after the case. */
export type World = Partial<AsyncDisposable>;

/** The cases of one kind of connector, and what plays the part of the stream for them. */
export interface ConformanceSuite<W extends World, Subject> {
  readonly name: string;
  readonly cases: readonly ConformanceCase<Subject>[];
  readonly subject: (world: W, injector: FaultInjector) => Subject;
  /** Ends what a case has left open. */
  readonly release?: (subject: Subject) => Promise<void>;
}

export type WorldFactory<W extends World> = () => W | Promise<W>;

/** Runs one case, bare (`null`) or under a fault. Resolves with why it was skipped, or `null`. */
export const runCase = <W extends World, Subject>(
  suite: ConformanceSuite<W, Subject>,
  { skip, run }: ConformanceCase<Subject>,
  factory: WorldFactory<W>,
  fault: Fault | null,
): Promise<string | null> =>
  inWorld(suite, factory, fault, async (subject) => {
    const reason = skip?.(subject) ?? null;
    if (reason === null) await run(subject, (work) => inWorld(suite, factory, fault, work));
    return reason;
  });

const inWorld = async <W extends World, Subject, Result>(
  suite: ConformanceSuite<W, Subject>,
  factory: WorldFactory<W>,
  fault: Fault | null,
  work: (subject: Subject) => Promise<Result>,
): Promise<Result> => {
  const world = await factory();
  const subject = suite.subject(world, new FaultInjector(fault));
  try {
    return await work(subject);
  } finally {
    await suite.release?.(subject);
    await world[Symbol.asyncDispose]?.();
  }
};

/** Registers every case bare and under each fault. */
export const describeSuite = <W extends World, Subject>(
  suite: ConformanceSuite<W, Subject>,
  factory: WorldFactory<W>,
  { describe, it }: TestRunner,
): void => {
  for (const fault of [null, ...faults])
    describe(fault === null ? suite.name : `${suite.name}, ${faultNames[fault]}`, () => {
      for (const each of suite.cases.filter(({ bareOnly }) => fault === null || !bareOnly))
        it(`${each.name} (${each.promised.join(', ')})`, async (test) => {
          const reason = await runCase(suite, each, factory, fault);
          if (reason !== null) test.skip(reason);
        });
    });
};

const faultNames: Readonly<Record<Fault, string>> = {
  rejected: 'calls rejected before the work',
  'reply-lost': 'replies lost after the work',
  delayed: 'calls delayed',
  hanging: 'calls that hang until they are aborted',
  died: 'the process dies during calls',
};
