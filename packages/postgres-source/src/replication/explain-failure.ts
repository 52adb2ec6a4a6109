import { MillraceError } from '@millrace/core';
import { sqlstateOf } from '@millrace/postgres-client';
import type { ControlSession } from '../control-session.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { readPublications } from '../publication/publication-facts.ts';
import { readSlot } from '../slot/slot-facts.ts';
import { slotLossVerdict } from '../slot/slot-verdict.ts';
import { PublicationSkipped, replicationFailure } from './replication-connection.ts';

export interface FailureContext {
  readonly control: ControlSession;
  readonly slot: string;
  readonly publications: readonly string[];
}

/** By SQLSTATE (PostgreSQL manual, "PostgreSQL Error Codes"). */
const undefinedObject = '42704';
const wrongState = '55000';
const inUse = '55006';
const fileMissing = '58P01';

const missingObject = async (error: unknown, context: FailureContext): Promise<Error> => {
  const { slot, publications } = context;
  const facts = await context.control.use(async (session, signal) => ({
    slot: await readSlot(session, slot, signal),
    found: await readPublications(session, publications, signal),
  }));
  const details = { slot, publications };
  if (facts.slot === null) {
    return sourceError('SLOT_MISSING', `Replication slot ${slot} does not exist`, { details, cause: error });
  }
  const missing = publications.filter((name) => !facts.found.some((publication) => publication.name === name));
  if (missing.length > 0) {
    const message = `Publication ${missing.join(', ')} does not exist`;
    return sourceError('PUBLICATION_MISSING', message, { details, cause: error });
  }
  return sourceError(
    'PUBLICATION_TOO_NEW',
    `Publication ${publications.join(', ')} was made after the log that slot ${slot} starts at`,
    { hint: 'delete() the stream and start it anew: changes in between are lost', details, cause: error },
  );
};

const slotState = async (error: unknown, { control, slot }: FailureContext): Promise<Error> => {
  const facts = await control.use((session, signal) => readSlot(session, slot, signal));
  return (facts && slotLossVerdict(facts)) ?? replicationFailure(error);
};

const explain = async (error: unknown, context: FailureContext): Promise<Error> => {
  if (error instanceof PublicationSkipped) return missingObject(error, context);
  switch (sqlstateOf(error)) {
    case undefinedObject:
      return missingObject(error, context);
    case wrongState:
      return slotState(error, context);
    case fileMissing: {
      const message = `The server removed log that slot ${context.slot} needs`;
      return sourceError('SLOT_LOST', message, { details: { slot: context.slot }, cause: replicationFailure(error) });
    }
    case inUse: {
      const message = `Replication slot ${context.slot} is read by another client`;
      return sourceError('SLOT_IN_USE', message, { details: { slot: context.slot }, cause: replicationFailure(error) });
    }
    default:
      return replicationFailure(error);
  }
};

/** What the end of a replication connection means, by the SQLSTATE and by what the catalog says. Never rejects. */
export const explainFailure = async (error: unknown, context: FailureContext): Promise<Error> => {
  if (error instanceof MillraceError) return error;
  try {
    return await explain(error, context);
  } catch {
    return replicationFailure(error);
  }
};
