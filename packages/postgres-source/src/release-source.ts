import { quoteIdentifier } from '@millrace/postgres-client';
import { type ControlSessionOptions, withSession } from './control-session.ts';
import { eventTrigger } from './ddl/event-trigger.ts';
import { dropEventTrigger } from './ddl/install-event-trigger.ts';
import { readPublications } from './publication/publication-facts.ts';
import { publicationComment, publicationNames } from './publication/publication-plan.ts';
import { dropSlot } from './slot/drop-slot.ts';
import type { SourceNames } from './source-options.ts';

export interface ReleaseRequest extends ControlSessionOptions {
  readonly names: SourceNames;
  readonly streamId: string;
  readonly claimed: boolean;
  /** The publications are another source's. */
  readonly isSide: boolean;
  readonly signal: AbortSignal;
}

/**
 * Drops the slot if this stream made it, the publications that say that they are this stream's, and its event trigger. What belongs to
 * somebody else stays. Doing it again changes nothing; rejects when the server cannot be reached.
 */
export const releaseSource = (request: ReleaseRequest): Promise<void> =>
  withSession(
    request,
    async (session, signal) => {
      const { names, streamId, claimed, isSide } = request;
      if (claimed) await dropSlot(session, names.slot, signal);
      if (isSide) return;
      const { main, insert } = publicationNames(names.publication);
      const found = await readPublications(session, [main, insert], signal);
      for (const { name } of found.filter(({ comment }) => comment === publicationComment(streamId))) {
        const text = `DROP PUBLICATION IF EXISTS ${quoteIdentifier(name)}`;
        await session.query(text, [], { signal, doing: `drop publication ${name}` });
      }
      await dropEventTrigger(session, eventTrigger(main, publicationComment(streamId)), signal);
    },
    request.signal,
  );
