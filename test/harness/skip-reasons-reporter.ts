import type { Reporter, TestCase } from 'vitest/node';

/** Prints at the end why tests were skipped that say a reason, and how many for each: the default reporter keeps it to itself. */
export default class SkipReasonsReporter implements Reporter {
  readonly #reasons = new Map<string, number>();

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state !== 'skipped' || result.note === undefined) return;
    this.#reasons.set(result.note, (this.#reasons.get(result.note) ?? 0) + 1);
  }

  onTestRunEnd(): void {
    for (const [reason, tests] of this.#reasons) process.stdout.write(`Not run, ${tests}: ${reason}\n`);
  }
}
