import type { Checkpoint, SourceIdentity } from '../contracts/checkpoint.ts';
import type { BeginContext } from '../contracts/source.ts';
import { asMillraceError } from '../errors/core-errors.ts';
import type { StreamProgress } from './stream-progress.ts';

/** What a source claims is saved at the sink. A source must not take what that fails with for a failure of its own. */
export const claims = (
  progress: StreamProgress,
  source: SourceIdentity,
  signal: AbortSignal,
): Pick<BeginContext, 'claim' | 'disclaim'> => {
  const save = (changed: Partial<Checkpoint>) =>
    progress.save(changed, signal).catch((error) => Promise.reject(signal.aborted ? error : asMillraceError(error)));
  return { claim: () => save({ source, claimed: true }), disclaim: () => save({ claimed: false }) };
};
