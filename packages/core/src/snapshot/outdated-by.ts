import { MillraceError } from '../errors/millrace-error.ts';

/** What says that a copy has to start over; `null`: nothing does. */
export const outdatedBy = async (copy: () => Promise<void>): Promise<MillraceError | null> => {
  try {
    await copy();
    return null;
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'COPY_OUTDATED') throw error;
    return error;
  }
};
