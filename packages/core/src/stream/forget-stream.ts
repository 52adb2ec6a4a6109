import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Source } from '../contracts/source.ts';
import { asMillraceError } from '../errors/core-errors.ts';
import type { SessionSides } from '../side/session-sides.ts';
import type { CheckpointKeeper } from './checkpoint-keeper.ts';

export interface ForgetOptions {
  readonly streamId: string;
  readonly source: Source;
  readonly keeper: CheckpointKeeper;
  /** What is known of the claim if the checkpoint cannot be read. */
  readonly claimed: boolean;
  /** What cannot be reached is left as it is. */
  readonly force: boolean;
  readonly report: (event: ConnectorEvent) => void;
  readonly sides: Pick<SessionSides, 'release'>;
}

/** Drops what the stream made at its source, then its checkpoint: in this order, or a slot would be left unknown. */
export const forgetStream = async (options: ForgetOptions, signal: AbortSignal): Promise<void> => {
  const { streamId, source, keeper, force, report, sides } = options;
  const leave = (error: unknown) => {
    const { code, message } = asMillraceError(error);
    if (!force || signal.aborted) throw asMillraceError(error);
    report({ type: 'warning', code, message: `Deleted without it: ${message}`, details: {} });
    return null;
  };
  const checkpoint = await keeper.read(signal).catch(leave);
  if (checkpoint !== null) await sides.release(checkpoint.tables, signal).catch(leave);
  const claimed = checkpoint?.claimed ?? options.claimed;
  if (checkpoint === null && !claimed)
    report({
      type: 'warning',
      code: 'CHECKPOINT_MISSING',
      message: `Stream ${streamId} has no checkpoint: what it may have made at its source is left there`,
      details: {},
    });
  await source.release?.({ streamId, claimed, signal }).catch(leave);
  await keeper.delete(signal).catch(leave);
};
