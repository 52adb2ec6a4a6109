import { coreError } from '../errors/core-errors.ts';

/** Invariant 8: whoever sees this has lost the stream to another process and must not write again. */
export const fenced = (streamId: string, sink: string) =>
  coreError('FENCED', `Another process took over stream ${streamId} (sink ${sink})`, {
    hint: "Run a stream id in one process at a time; recover('retry') here takes it back.",
    details: { streamId, sink },
  });
