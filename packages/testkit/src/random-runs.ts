import { AssertionError } from 'node:assert';
import { MillraceError } from '@millrace/core';
import fc from 'fast-check';

/** Milliseconds in which what fails is made smaller. */
const shrinkingLimit = 10_000;

/**
 * Tries a few random values, the same ones every time: `fc.configureGlobal` of fast-check asks for more, or for those of
 * another seed. Rejects with the smallest value that was found to fail.
 */
export const everyRandom = async <T>(values: fc.Arbitrary<T>, check: (value: T) => Promise<void>): Promise<void> => {
  let end = Number.POSITIVE_INFINITY;
  const property = fc.asyncProperty(values, async (value) => {
    // It is small enough.
    if (Date.now() > end) return;
    await check(value).catch((error: unknown) => {
      end = Math.min(end, Date.now() + shrinkingLimit);
      throw error;
    });
  });
  const { seed = 1, numRuns = 3 } = fc.readConfigureGlobal();
  const found = await fc.check(property, { seed, numRuns });
  if (!found.failed) return;
  const { errorInstance: cause } = found;
  const message = `${await fc.asyncDefaultReportMessage(found)}\n${cause instanceof Error ? cause.message : cause}`;
  const isNoticed = cause instanceof AssertionError || cause instanceof MillraceError;
  throw isNoticed ? new AssertionError({ message }) : new Error(message, { cause });
};
