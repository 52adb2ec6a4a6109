import type { SourceIdentity } from '../contracts/checkpoint.ts';
import { coreError } from '../errors/core-errors.ts';

/** Throws `SOURCE_CHANGED` for a checkpoint of another log than the one that is open. */
export const requireSameSource = (known: SourceIdentity | null, identity: SourceIdentity): void => {
  if (known === null || (known.kind === identity.kind && known.id === identity.id)) return;
  throw coreError(
    'SOURCE_CHANGED',
    `The checkpoint belongs to ${known.kind} ${known.id}, the source is ${identity.kind} ${identity.id}`,
    {
      hint: 'Point the stream at its own source, or delete() it to begin anew.',
      details: { checkpoint: known, source: identity },
    },
  );
};
