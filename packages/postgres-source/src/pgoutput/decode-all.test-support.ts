import type { ChangeBatch } from '@millrace/core';
import type { DecoderOptions } from './decoder-options.ts';
import { oids, table } from './message-encoder.test-support.ts';
import { PgoutputDecoder } from './pgoutput-decoder.ts';

export const users = table(16_400, 'users', { id: oids.int4, name: oids.text });
export const orders = table(16_401, 'orders', { id: oids.int4 });
export const full = table(16_402, 'full', { id: oids.int4, name: oids.text }, 'f');

/** Gives a message as it comes: in the middle of other bytes. */
export const pushFramed = (decoder: PgoutputDecoder, message: Buffer, around: Buffer = Buffer.from('NIu')): void => {
  decoder.push(Buffer.concat([around, message, around]), around.length, around.length + message.length);
};

export const decoderOf = (messages: readonly Buffer[], options: Partial<DecoderOptions> = {}) => {
  const decoder = new PgoutputDecoder({
    limits: { maxChanges: 100, maxBytes: 1e6 },
    primaryKey: () => null,
    ...options,
  });
  for (const message of messages) pushFramed(decoder, message);
  return decoder;
};

export const drain = (decoder: PgoutputDecoder): ChangeBatch[] => {
  const batches: ChangeBatch[] = [];
  for (let batch = decoder.take(); batch !== null; batch = decoder.take()) batches.push(batch);
  return batches;
};

export const decoded = (messages: readonly Buffer[]): ChangeBatch[] => {
  const decoder = decoderOf(messages);
  decoder.flush();
  return drain(decoder);
};

export const plain = ({ changes }: ChangeBatch) =>
  [...changes].map(({ op, table: name, sequence, before, after }) => ({ op, table: name, sequence, before, after }));
