/** Where it is promised: by the numbers in docs/writing-a-connector.md and docs/invariants.md. */
export type Promised = `rule ${number}` | `invariant ${number}`;

/** Gives work a subject in a world of its own, which is disposed of after it. */
type Anew<Subject> = (work: (subject: Subject) => Promise<void>) => Promise<void>;

/** One thing that a connector must do. It needs no test runner. */
export interface ConformanceCase<Subject> {
  /** What holds, as a sentence. */
  readonly name: string;
  readonly promised: readonly Promised[];
  /** Why this connector has not to pass; `null`: it has. Absent: every connector has. */
  readonly skip?: (subject: Subject) => string | null;
  /** Looks at single calls, of which the stream would repeat none: it runs bare only. */
  readonly bareOnly?: true;
  /** Rejects, with an `AssertionError` of node:assert where the connector does otherwise. */
  readonly run: (subject: Subject, anew: Anew<Subject>) => Promise<void>;
}
