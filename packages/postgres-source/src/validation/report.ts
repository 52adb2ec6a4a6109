import type { ValidationItem } from '@millrace/core';

type Finding = Pick<ValidationItem, 'path' | 'message'> & { readonly fix?: string | null };

/** A check that went well. */
export const passed = (code: string, path: string | null, message: string): ValidationItem => ({
  code,
  state: 'passed',
  level: 'error',
  path,
  message,
  fix: null,
});

/** A reason why the stream would not work. */
export const failed = (code: string, { fix = null, ...finding }: Finding): ValidationItem => ({
  code,
  state: 'failed',
  level: 'error',
  ...finding,
  fix,
});

/** Something that may surprise. */
export const warned = (code: string, { fix = null, ...finding }: Finding): ValidationItem => ({
  code,
  state: 'failed',
  level: 'warning',
  ...finding,
  fix,
});

/** A check that something before it made impossible. */
export const notExecuted = (code: string, path: string | null, message: string): ValidationItem => ({
  code,
  state: 'not-executed',
  level: 'error',
  path,
  message,
  fix: null,
});

const most = 20;

/** Names for a message: the first 20 of them. */
export const listed = (names: readonly string[]): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
