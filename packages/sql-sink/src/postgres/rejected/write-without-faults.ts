import { type Change, createChange, qualifiedName } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { upsertOf } from '../../replay/replay-operation.ts';
import type { ChunkRows } from '../copy/chunk-rows.ts';
import { DirectRunner } from '../replay/replay-runner.ts';
import type { SecondaryKey } from '../target/secondary-keys.ts';
import { leaveOutFaults, mostSavepoints } from './leave-out-faults.ts';
import { type RejectedRow, rejectedRow } from './rejected-row.ts';

/** Writes the rows of a chunk one by one, without those that the target refuses. Returns those. */
export const writeWithoutFaults = async (
  session: PostgresSession,
  { rows, plan, chunk: { relation } }: ChunkRows,
  secondary: readonly SecondaryKey[],
  signal: AbortSignal,
): Promise<readonly RejectedRow[]> => {
  const table = qualifiedName(relation);
  const items = rows.map(
    (after, sequence): Change =>
      createChange({ op: 'read', table, relation, transaction: null, sequence, before: null, after }),
  );
  const rejected: RejectedRow[] = [];
  await leaveOutFaults(
    session,
    {
      items,
      blocks: mostSavepoints,
      async apply({ image: { after } }, recover) {
        if (after !== null) await new DirectRunner(session, signal, recover).post(upsertOf(plan, after), secondary);
      },
      onFault: (row, error) => rejected.push(rejectedRow(row, error)),
      mark: () => () => {},
    },
    signal,
  );
  return rejected;
};
