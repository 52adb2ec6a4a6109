import type { ChangeBatch, LogChanges } from '@millrace/core';
import type { ChangeReader } from './change-reader.ts';

/** Ends when the reader was stopped; stops it when the loop over them is left. */
async function* batchesOf<S>(reader: ChangeReader): AsyncGenerator<ChangeBatch<S>, void, undefined> {
  try {
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      // The decoder knows the rows, the caller of `postgresSource` their types.
      yield batch as unknown as ChangeBatch<S>;
    }
  } finally {
    reader.stop();
  }
}

/** What a reader reads. */
export const logChanges = <S>(reader: ChangeReader): LogChanges<S> =>
  Object.assign(batchesOf<S>(reader), { failed: reader.failed });
