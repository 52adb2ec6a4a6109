import { coreError } from '../errors/core-errors.ts';
import type { StreamStatus } from './stream-state.ts';

/** A command that makes no sense in this status. */
export const notPossible = (command: string, status: StreamStatus) =>
  coreError('NOT_POSSIBLE', `${command}() is not possible while the stream is ${status}`, { details: { status } });

/** A command that a later one has overtaken. */
export const interrupted = (command: string, status: StreamStatus) =>
  coreError('INTERRUPTED', `${command}() was overtaken: the stream is ${status}`, { details: { status } });
