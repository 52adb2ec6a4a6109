import { MillraceError } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capturedMessages } from './captured-stream.test-support.ts';
import { pushFramed } from './decode-all.test-support.ts';
import { history } from './history.test-support.ts';
import { PgoutputDecoder } from './pgoutput-decoder.ts';

/** Lies behind every message, so that reading past an end would be seen in a value. */
const secret = 'SECRET';

const readAll = (decoder: PgoutputDecoder): void => {
  for (let batch = decoder.take(); batch !== null; batch = decoder.take()) {
    for (const { image, relation } of batch.changes) {
      for (const row of [image.after, image.before]) {
        if (row === null) continue;
        for (let column = 0; column < relation.columns.length; column++) {
          row.state(column);
          if (Buffer.from(row.bytes(column) ?? []).includes(secret)) throw new Error('read past the end');
          attempt(() => row.text(column));
          attempt(() => row.value(column));
        }
        attempt(() => row.toObject());
        attempt(() => row.keep().toObject());
      }
    }
  }
};

/** Runs to its end or throws `DECODE_FAILED`, without a value in it. */
const attempt = (run: () => void): void => {
  try {
    run();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    expect(['DECODE_FAILED', 'RELATION_CHANGED']).toContain(error.code);
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify([error.message, error.details])).not.toContain(secret);
  }
};

const decodeAny = (messages: readonly Buffer[], flushEvery: number): void => {
  const decoder = new PgoutputDecoder({ limits: { maxChanges: 3, maxBytes: 2000 }, primaryKey: () => ['id'] });
  for (const [index, message] of messages.entries()) {
    attempt(() => pushFramed(decoder, message, Buffer.from(secret)));
    if (index % flushEvery === 0) decoder.flush();
    attempt(() => decoder.keepalive(BigInt(index)));
  }
  decoder.flush();
  readAll(decoder);
};

interface Mutation {
  readonly message: number;
  readonly at: number;
  readonly kind: 'flip' | 'cut' | 'insert' | 'repeat' | 'drop' | 'swap';
  readonly byte: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  message: fc.nat(),
  // Mostly the headers: the rest of most messages is values.
  at: fc.oneof(fc.nat({ max: 30 }), fc.nat()),
  kind: fc.constantFrom('flip', 'flip', 'flip', 'cut', 'insert', 'repeat', 'drop', 'swap'),
  byte: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from('ntubNKOBCRYIUDTM\0\xff', 'latin1'))),
});

const mutate = (messages: readonly Buffer[], { message: number, at, kind, byte }: Mutation): readonly Buffer[] => {
  const index = number % messages.length;
  const message = messages[index] ?? Buffer.alloc(0);
  const offset = message.length === 0 ? 0 : at % message.length;
  switch (kind) {
    case 'flip': {
      const copy = Buffer.from(message);
      copy[offset] = byte;
      return messages.with(index, copy);
    }
    case 'cut':
      return messages.with(index, message.subarray(0, offset));
    case 'insert':
      return messages.with(
        index,
        Buffer.concat([message.subarray(0, offset), Buffer.from([byte]), message.subarray(offset)]),
      );
    case 'repeat':
      return messages.toSpliced(index, 0, message);
    case 'drop':
      return messages.toSpliced(index, 1);
    default:
      return messages.toSpliced(index, 1).toSpliced(at % messages.length, 0, message);
  }
};

const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });
const flushEvery = fc.integer({ min: 1, max: 9 });

describe('PgoutputDecoder, any bytes', { timeout: 120_000 }, () => {
  it('decodes or refuses random messages', () => {
    const kind = fc.constantFrom(...Buffer.from('BCORYIUDTM'));
    const message = fc
      .tuple(kind, fc.uint8Array({ maxLength: 60 }))
      .map(([first, rest]) => Buffer.from([first, ...rest]));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => decodeAny(messages, 2)),
      { numRuns: 2000 },
    );
  });

  it('decodes or refuses mutations of a valid stream', () => {
    fc.assert(
      fc.property(history, mutations, flushEvery, ({ messages }, changes, every) => {
        decodeAny(changes.reduce(mutate, messages), every);
      }),
      { numRuns: 500 },
    );
  });

  it('decodes or refuses mutations of what a server sent', () => {
    fc.assert(
      fc.property(mutations, flushEvery, (changes, every) =>
        decodeAny(changes.reduce(mutate, capturedMessages), every),
      ),
      { numRuns: 500 },
    );
  });
});
