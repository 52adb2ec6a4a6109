import assert from 'node:assert/strict';
import type { ConformanceCase } from './conformance-case.ts';
import { patience, within } from './within.ts';

/** Milliseconds in which whatever waits has noticed that it is aborted. */
export const abortLimit = 1_000;

/** That work ends whose signal was aborted before it began. */
export const endsAborted = async (what: string, work: Promise<unknown> | undefined): Promise<void> => {
  await within(abortLimit, `${what} that was aborted`, Promise.allSettled([work]));
};

/** What a case does with a connector that it closes in every state. */
interface Closable {
  close(): Promise<void>;
  /** Opens it and has it wait, where it does. Resolves with what looks, when it is closed, whether that has ended. */
  begin(): Promise<() => Promise<void>>;
  /** Opens it, and does nothing more. */
  open(): Promise<unknown>;
  /** Uses it, from a state in which it is closed or being closed. */
  use(): Promise<void>;
}

/** The same of every connector. */
export const closingCase = <Subject>(of: (subject: Subject) => Closable): ConformanceCase<Subject> => ({
  name: 'closes in any state, more than once, and opens again',
  promised: ['rule 2'],
  bareOnly: true,
  async run(subject) {
    const connector = of(subject);
    const close = () => assert.doesNotReject(within(patience, '`close`', connector.close()));
    await close();
    const hasEnded = await connector.begin();
    await Promise.all([close(), close()]);
    await hasEnded();
    await close();
    await connector.use();
    await close();
    // Closed while it opens: it is not open afterwards, or not for long.
    const opening = Promise.allSettled([connector.open()]);
    await Promise.all([close(), within(patience, 'an open that is closed', opening)]);
    await close();
    await connector.use();
  },
});
