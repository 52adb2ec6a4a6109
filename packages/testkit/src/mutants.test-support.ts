import assert from 'node:assert/strict';
import { MillraceError } from '@millrace/core';
import { describe, expect, it, vi } from 'vitest';
import { type ConformanceSuite, runCase, type World, type WorldFactory } from './conformance-suite.ts';
import type { Fault } from './faults/fault-injector.ts';

// What waits in vain for a mutant need not do so for long.
vi.mock(import('./within.ts'), async (original) => ({ ...(await original()), patience: 500 }));

/** A connector that is wrong on purpose, and what must notice. */
export interface Mutant<W extends World> {
  readonly name: string;
  readonly world: WorldFactory<W>;
  /** The cases that fail with it; under a fault where it is wrong only then. */
  readonly caughtBy: readonly (string | { readonly name: string; readonly fault: Fault })[];
}

/** Shows that the cases notice each mutant, and that none of them is one that cannot fail. */
export const describeMutants = <W extends World, Subject>(
  suite: ConformanceSuite<W, Subject>,
  mutants: readonly Mutant<W>[],
): void => {
  const caughtBy = (mutant: Mutant<W>) =>
    mutant.caughtBy.map((one) => (typeof one === 'string' ? { name: one, fault: null } : one));
  describe.each(mutants)('a mutant that $name', (mutant) => {
    it.each(caughtBy(mutant))('fails: $name $fault', async ({ name, fault }) => {
      const found = suite.cases.find((one) => one.name === name);
      assert.ok(found, `There is no case "${name}"`);
      const failure = await runCase(suite, found, mutant.world, fault).then(
        () => null,
        (error: unknown) => error,
      );
      // The case has noticed, or the connector has refused what it should do: it is no fault of the mutant's own.
      expect(failure instanceof assert.AssertionError || failure instanceof MillraceError, String(failure)).toBe(true);
    });
  });
  it('each case is failed by a mutant', () => {
    const caught = new Set(mutants.flatMap((mutant) => caughtBy(mutant).map(({ name }) => name)));
    expect(suite.cases.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([]);
  });
};
