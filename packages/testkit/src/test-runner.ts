/**
 * What registers the cases: `{ describe, it }` of vitest as of node:test. It is given, so that this package depends on
 * neither.
 */
export interface TestRunner {
  describe(name: string, register: () => void): unknown;
  it(name: string, run: (test: { skip(reason: string): void }) => Promise<void>): unknown;
}
