import type { ApplyContext } from './apply-sequentially.ts';
import type { Message } from './message.ts';

/** What the bulk path needs of its connection. */
export interface BulkContext extends ApplyContext {
  readonly message: Message;
  /** From so many rows on they are loaded as data; `null`: the server does not allow it. */
  readonly loadedRows: number | null;
}

export const applying = 'apply changes to the target';
