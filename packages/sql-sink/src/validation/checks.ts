import { MillraceError, type ValidationReport } from '@millrace/core';
import { type Finding, ReportBuilder } from './report.ts';

/** What the report says of a check when it passed or was not made. */
interface Described {
  readonly path: string;
  readonly message: string;
}

const findingOf = (error: unknown): Finding => {
  if (!(error instanceof MillraceError)) throw error;
  return { code: error.code, message: error.message, fix: error.hint };
};

/** Makes the checks of a validation. Those that were not made when it ends are reported as such. */
export class Checks<Name extends string> {
  readonly #checks: Readonly<Record<Name, Described>>;
  readonly #signal: AbortSignal;
  readonly #left: Set<Name>;
  readonly #builder = new ReportBuilder();

  constructor(checks: Readonly<Record<Name, Described>>, signal: AbortSignal) {
    this.#checks = checks;
    this.#signal = signal;
    this.#left = new Set(Object.keys(checks) as Name[]);
  }

  /** Makes a check; what stops it is a finding of it too. Rejects only when aborted. */
  async run(check: Name, find: () => Promise<readonly Finding[]>): Promise<void> {
    const findings = await find().catch((error) => {
      this.#signal.throwIfAborted();
      return [findingOf(error)];
    });
    this.#left.delete(check);
    const { path, message } = this.#checks[check];
    this.#builder.checked(check, path, message, findings);
  }

  end(): ValidationReport {
    for (const check of this.#left) {
      const { path, message } = this.#checks[check];
      this.#builder.skipped(check, path, `Not checked: ${message}`);
    }
    return this.#builder.report;
  }
}
