import { MillraceError } from '@millrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BinlogDecoder } from './binlog-decoder.ts';
import { binlogErrors } from './binlog-errors.ts';
import { eventBounds } from './decode-log.test-support.ts';
import { encodeEvent, encodeFormat, withChecksum } from './event-encoder.test-support.ts';
import { goldenLogs } from './golden-logs.test-support.ts';

const place = { file: 'bin.1', offset: 4 };

/** Any bytes give events or an error of the table. */
const isRead = (read: () => unknown): boolean => {
  try {
    read();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    expect(Object.keys(binlogErrors)).toContain(error.code);
  }
  return true;
};

it('any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) =>
      isRead(() => new BinlogDecoder({ place }).decode(Buffer.from(bytes))),
    ),
  );
});

it('any body of any type, whose checksum is right', () => {
  const version = fc.constantFrom('9.7.4', '11.8.9-MariaDB');
  const body = fc.uint8Array({ maxLength: 100 });
  fc.assert(
    fc.property(
      version,
      fc.integer({ min: 0, max: 255 }),
      body,
      fc.integer({ min: 0, max: 0xff }),
      (server, type, bytes, flags) =>
        isRead(() => {
          const decoder = new BinlogDecoder({ place, maxUncompressedBytes: 1_000_000 });
          decoder.decode(encodeFormat(server));
          decoder.decode(encodeEvent({ type, body: Buffer.from(bytes), flags }));
        }),
    ),
    { numRuns: 1_000 },
  );
});

it('any change to the events of servers, with the checksum corrected', () => {
  const log = fc.constantFrom(goldenLogs.mysql, goldenLogs.mariadb);
  const change = fc.record({ at: fc.nat(300), to: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(log, fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(40), (bytes, changes, which) =>
      isRead(() => {
        const decoder = new BinlogDecoder({ place, maxUncompressedBytes: 1_000_000 });
        eventBounds(bytes).forEach(({ start, end }, index) => {
          const event = Buffer.from(bytes.subarray(start, end));
          if (index === which) for (const { at, to } of changes) event.writeUInt8(to, 19 + (at % (event.length - 19)));
          decoder.decode(withChecksum(event));
        });
      }),
    ),
    { numRuns: 1_000 },
  );
});

it('a log that breaks off anywhere', () => {
  const { mysql } = goldenLogs;
  for (const { start, end } of eventBounds(mysql))
    for (let cut = start; cut < end; cut++)
      expect(() => new BinlogDecoder({ place }).decode(mysql, start, cut)).toThrowError(
        expect.objectContaining({ code: 'BINLOG_CORRUPT' }),
      );
});
