import type { Source } from '@millrace/core';
import { overridden } from '../../../../packages/core/src/model/overridden.ts';

/** A source that does something else whenever a piece of a table, or single rows, have been read beside the log. */
export const writtenBetween = (source: Source, next: (signal: AbortSignal) => Promise<void>): Source => {
  const { begin, planCopy, copy, copyExactly, reselect } = source as Required<Source>;
  const between = async function* <T>(pieces: AsyncIterable<T>, signal: AbortSignal) {
    for await (const piece of pieces) {
      await next(signal);
      yield piece;
    }
  };
  const after = async <T>(read: Promise<T>, signal: AbortSignal): Promise<T> => {
    const found = await read;
    await next(signal);
    return found;
  };
  return overridden<Source>(source, {
    begin: (context) => after(begin.call(source, context), context.signal),
    planCopy: (table, count, signal) => after(planCopy.call(source, table, count, signal), signal),
    copy: (request, signal) => between(copy.call(source, request, signal), signal),
    copyExactly: (request, signal) => between(copyExactly.call(source, request, signal), signal),
    reselect: (request, signal) => after(reselect.call(source, request, signal), signal),
  });
};
