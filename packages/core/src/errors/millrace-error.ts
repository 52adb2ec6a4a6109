/**
 * Who can do something about an error: `retry`: the stream itself, by trying again; `operator`: a person, by changing
 * a database or an option; `recover`: a person, by choosing with `stream.recover()` where to go on; `bug`: us.
 */
export type Recovery = 'retry' | 'operator' | 'recover' | 'bug';

export interface ErrorDescription {
  readonly code: string;
  readonly recovery: Recovery;
  readonly message: string;
  /** The SQL or the option that fixes it. */
  readonly hint?: string | undefined;
  /** Names and numbers, never row values or secrets. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/**
 * The one error of Millrace. `code` is stable (docs/errors.md lists them all); the message may change. Neither it nor
 * its `cause` holds row values or secrets.
 */
export class MillraceError extends Error {
  readonly code: string;
  readonly recovery: Recovery;
  readonly hint: string | null;
  readonly details: Readonly<Record<string, unknown>>;

  constructor({ code, recovery, message, hint, details, cause }: ErrorDescription) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MillraceError';
    this.code = code;
    this.recovery = recovery;
    this.hint = hint ?? null;
    this.details = details ?? {};
  }

  /** With the message, which JSON leaves out of errors, and without `cause`, which of yours may hold row values. */
  toJSON(): Pick<MillraceError, 'code' | 'recovery' | 'message' | 'hint' | 'details'> {
    const { code, recovery, message, hint, details } = this;
    return { code, recovery, message, hint, details };
  }
}
