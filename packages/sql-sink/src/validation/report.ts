import type { ValidationItem, ValidationReport } from '@millrace/core';

export type Finding = Pick<ValidationItem, 'code' | 'message'> &
  Partial<Pick<ValidationItem, 'level' | 'path' | 'fix'>>;

/** Collects what was checked. A check without findings is an item that passed. */
export class ReportBuilder {
  readonly #items: ValidationItem[] = [];

  /** Notes the outcome of one check: its findings, or that it passed. */
  checked(code: string, path: string | null, message: string, findings: readonly Finding[]): void {
    if (findings.length === 0) this.#items.push({ code, state: 'passed', level: 'error', path, message, fix: null });
    for (const finding of findings) this.#items.push({ state: 'failed', level: 'error', path, fix: null, ...finding });
  }

  /** Notes a check that could not be made. */
  skipped(code: string, path: string | null, message: string): void {
    this.#items.push({ code, state: 'not-executed', level: 'error', path, message, fix: null });
  }

  get report(): ValidationReport {
    return { items: this.#items };
  }
}
