import { describe, expect, it } from 'vitest';
import { WalMessages } from './wal-messages.ts';

const xLogData = (lsn: bigint, content: string): Buffer => {
  const message = Buffer.concat([Buffer.alloc(25), Buffer.from(content)]);
  message.write('w');
  message.writeBigUInt64BE(lsn, 1);
  return message;
};
const keepalive = (walEnd: bigint, replyRequested: number): Buffer => {
  const message = Buffer.alloc(18);
  message.write('k');
  message.writeBigUInt64BE(walEnd, 1);
  message[17] = replyRequested;
  return message;
};

const reading = () => {
  const seen: unknown[] = [];
  const messages = new WalMessages({
    message: (bytes, start, end) => seen.push(bytes.toString('latin1', start, end)),
    keepalive: (walEnd, replyRequested) => seen.push([walEnd, replyRequested]),
  });
  const read = (message: Buffer) => {
    const framed = Buffer.concat([Buffer.from('before'), message, Buffer.from('after')]);
    messages.read(framed, 6, 6 + message.length);
  };
  return { seen, messages, read };
};

describe('WalMessages', () => {
  it('passes data and keepalives on', () => {
    const { seen, read } = reading();
    read(xLogData(1n, 'Begin'));
    read(xLogData(1n, ''));
    read(keepalive(0xffff_ffff_ffff_ffffn, 1));
    read(keepalive(5n, 0));
    expect(seen).toEqual(['Begin', '', [0xffff_ffff_ffff_ffffn, true], [5n, false]]);
  });

  it('knows the furthest position', () => {
    const { messages, read } = reading();
    expect(messages.received).toBe(0n);
    read(xLogData(0x16_b374_d848n, 'x'));
    read(xLogData(0n, 'a message without a place'));
    expect(messages.received).toBe(0x16_b374_d848n);
    read(keepalive(0x16_b374_d847n, 0));
    expect(messages.received).toBe(0x16_b374_d848n);
    read(keepalive(0x17_0000_0000n, 0));
    expect(messages.received).toBe(0x17_0000_0000n);
    read(xLogData(0xffff_ffff_ffff_ffffn, 'x'));
    expect(messages.received).toBe(0xffff_ffff_ffff_ffffn);
  });

  it.each([
    ['an unknown kind', Buffer.from('z'.repeat(30))],
    ['nothing', Buffer.alloc(0)],
    ['data without its header', xLogData(1n, '').subarray(0, 24)],
    ['a keepalive that is cut', keepalive(1n, 1).subarray(0, 17)],
    ['a keepalive that is too long', Buffer.concat([keepalive(1n, 1), Buffer.alloc(1)])],
  ])('throws for %s', (_, message) => {
    const { seen, read } = reading();
    expect(() => read(message)).toThrow('neither data nor a keepalive');
    expect(seen).toEqual([]);
  });
});
