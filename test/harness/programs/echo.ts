import { MillraceError } from '@millrace/core';
import { instruction, report } from '../../../packages/testkit/src/processes/index.ts';

// Answers one message and waits to be told how to end.
await using _disposed = {
  [Symbol.asyncDispose]: () => report('disposed'),
};
await report('ready', { args: process.argv.slice(2), colour: process.env.COLOUR, error: MillraceError.name });
await report('echo', await instruction('say'));
if ((await instruction('end')) === 'fail') throw new Error('told to fail');
