import type { ValidationItem } from '@millrace/core';

interface Finding {
  readonly path: string;
  readonly message: string;
  readonly fix?: string;
}

const item = (
  code: string,
  state: ValidationItem['state'],
  level: ValidationItem['level'],
  { path, message, fix = '' }: Finding,
): ValidationItem => ({ code, state, level, path, message, fix: fix || null });

/** A check that went well. */
export const passed = (code: string, path: string, message: string): ValidationItem =>
  item(code, 'passed', 'error', { path, message });

/** A reason why the stream would not work. */
export const failed = (code: string, finding: Finding): ValidationItem => item(code, 'failed', 'error', finding);

/** Something that may surprise. */
export const warned = (code: string, finding: Finding): ValidationItem => item(code, 'failed', 'warning', finding);

/** A check that something before it made impossible. */
export const notExecuted = (code: string, path: string, message: string): ValidationItem =>
  item(code, 'not-executed', 'error', { path, message });

const most = 20;

/** Names for a message: the first 20 of them. */
export const listed = (names: readonly string[]): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
