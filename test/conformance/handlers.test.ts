import { type Change, qualifiedName } from '@millrace/core';
import { describeSink } from '@millrace/testkit';
import { describe, it } from 'vitest';
import { handlerSink } from '../../packages/core/src/sinks/handler-sink.ts';
import { EventFold } from './event-fold.ts';

describeSink(
  () => {
    const events = new EventFold();
    const take = (changes: readonly Change[]) => {
      for (const change of changes) events.take(change);
    };
    const handlers = new Map([['testkit.items', take]]);
    return {
      connect: () => handlerSink(handlers, new Map()),
      rows: async (relation) => events.rows(qualifiedName(relation)),
    };
  },
  { describe, it },
);
