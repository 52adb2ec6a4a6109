/** One thing that a connector must do. It needs no test runner. */
export interface ConformanceCase<Subject> {
  /** What holds, as a sentence. */
  readonly name: string;
  /** The rules and promises that it checks, by their numbers in docs/writing-a-connector.md and docs/invariants.md. */
  readonly rules: readonly string[];
  /** Why this connector has not to pass; `null`: it has. Absent: every connector has. */
  readonly skip?: (subject: Subject) => string | null;
  /** Rejects with an `AssertionError` of node:assert where the connector does otherwise. */
  readonly run: (subject: Subject) => Promise<void>;
}
