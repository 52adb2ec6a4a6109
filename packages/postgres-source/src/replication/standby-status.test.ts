import { describe, expect, it } from 'vitest';
import { standbyStatus } from './standby-status.ts';

const status = (given: Partial<Parameters<typeof standbyStatus>[0]>) =>
  standbyStatus({ received: 0n, durable: 0n, replyRequested: false, now: 946_684_800_000, ...given });

describe('standbyStatus', () => {
  it('sends positions exactly, never one more', () => {
    const message = status({ received: 0x1_4000_0010n, durable: 0x1_3fff_ffffn });
    expect(message).toHaveLength(34);
    expect(String.fromCharCode(message[0] ?? 0)).toBe('r');
    expect(message.readBigUInt64BE(1)).toBe(0x1_4000_0010n);
    expect(message.readBigUInt64BE(9)).toBe(0x1_3fff_ffffn);
    expect(message.readBigUInt64BE(17)).toBe(0x1_3fff_ffffn);
  });

  it('never says that less was written than is durable', () => {
    const message = status({ received: 5n, durable: 9n });
    expect(message.readBigUInt64BE(1)).toBe(9n);
  });

  it('leaves the slot alone until something is durable', () => {
    const message = status({ received: 5n });
    expect(message.readBigUInt64BE(9)).toBe(0n);
    expect(message.readBigUInt64BE(17)).toBe(0n);
  });

  it('carries the clock in microseconds since 2000', () => {
    expect(status({ now: 946_684_800_001.5 }).readBigInt64BE(25)).toBe(1_500n);
  });

  it('asks for an answer only when told', () => {
    expect(status({})[33]).toBe(0);
    expect(status({ replyRequested: true })[33]).toBe(1);
  });
});
