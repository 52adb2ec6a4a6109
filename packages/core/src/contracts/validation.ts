/** One thing a connector checked, or could not check because something before it failed. */
export interface ValidationItem {
  readonly code: string;
  readonly state: 'passed' | 'failed' | 'not-executed';
  /** `error`: the stream would not work; `warning`: it may surprise. */
  readonly level: 'error' | 'warning';
  /** The option it is about, e.g. `source.publication`, or `null`. */
  readonly path: string | null;
  readonly message: string;
  /** SQL or an option that fixes it. */
  readonly fix: string | null;
}

export interface ValidationReport {
  readonly items: readonly ValidationItem[];
}
