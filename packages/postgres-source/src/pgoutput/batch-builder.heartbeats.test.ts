import { describe, expect, it } from 'vitest';
import { stream } from './transaction-stream.test-support.ts';

describe('heartbeats', () => {
  it('come from transactions without changes, the last one alone', () => {
    const s = stream();
    s.transaction();
    s.transaction();
    s.decoder.flush();
    s.transaction();
    s.decoder.flush();
    expect(s.take()).toEqual([['', '0/3A']]);
  });

  it('ride along with transactions in the same read', () => {
    const s = stream();
    s.transaction();
    s.transaction('a');
    s.transaction();
    s.decoder.flush();
    expect(s.take()).toEqual([['a0', '0/3A']]);
  });

  it('do not swallow a batch that waits', () => {
    const s = stream();
    s.transaction('a');
    s.decoder.flush();
    s.transaction();
    s.decoder.flush();
    s.transaction();
    s.decoder.flush();
    expect(s.take()).toEqual([
      ['a0', '0/1A'],
      ['', '0/3A'],
    ]);
  });

  it('go before the parts of the transaction behind them', () => {
    const s = stream({ maxChanges: 1 });
    s.transaction();
    s.transaction('a', 'b');
    s.transaction();
    s.decoder.flush();
    expect(s.take()).toEqual([
      ['', '0/1A'],
      ['a0', null],
      ['b1', '0/2A'],
      ['', '0/3A'],
    ]);
  });

  it('are batches of nothing', () => {
    const s = stream();
    s.transaction();
    s.decoder.flush();
    const expected = { position: '0/1A', relations: [], schemaChanges: [], bytes: 0, commitTime: null };
    const batch = s.decoder.take();
    expect(batch).toMatchObject(expected);
    expect([...(batch?.changes ?? [1])]).toEqual([]);
    s.decoder.keepalive(0x50n);
    const heartbeat = s.decoder.takeHeartbeat();
    expect(heartbeat).toMatchObject({ ...expected, position: '0/50' });
    expect(heartbeat?.changes.length).toBe(0);
    expect(heartbeat?.tables.size).toBe(0);
  });
});

describe('idle position', () => {
  it('is the end of the log between transactions', () => {
    const s = stream();
    expect(s.decoder.idlePosition).toBeNull();
    expect(s.decoder.takeHeartbeat()).toBeNull();
    s.decoder.keepalive(5n);
    s.decoder.keepalive(8n);
    s.decoder.keepalive(6n);
    expect(s.decoder.idlePosition).toBe(8n);
    expect(s.decoder.takeHeartbeat()?.position).toBe('0/8');
    expect(s.decoder.idlePosition).toBeNull();
  });

  it('is not taken from a keepalive inside a transaction', () => {
    const s = stream();
    s.begin();
    s.decoder.keepalive(0x15n);
    s.row('a');
    s.decoder.keepalive(0x500n);
    expect(s.decoder.idlePosition).toBeNull();
    expect(s.decoder.takeHeartbeat()).toBeNull();
    s.commit();
    s.decoder.flush();
    expect(s.take()).toEqual([['a0', '0/1A']]);
    expect(s.decoder.idlePosition).toBeNull();
  });

  it('is not offered inside a transaction, parts of it out or not', () => {
    const s = stream({ maxChanges: 1 });
    s.decoder.keepalive(8n);
    s.begin();
    expect(s.decoder.idlePosition).toBeNull();
    s.row();
    s.row();
    expect(s.take()).toHaveLength(1);
    expect(s.decoder.idlePosition).toBeNull();
  });

  it('waits for everything before it', () => {
    const s = stream();
    s.transaction('a');
    s.decoder.keepalive(0x100n);
    expect(s.decoder.idlePosition).toBeNull();
    s.decoder.flush();
    expect(s.decoder.idlePosition).toBeNull();
    s.take();
    expect(s.decoder.idlePosition).toBe(0x100n);
  });

  it('never lies before the last position or the start of the stream', () => {
    const s = stream({}, 0x10n);
    s.decoder.keepalive(0x8n);
    s.decoder.keepalive(0x10n);
    expect(s.decoder.idlePosition).toBeNull();
    s.transaction('a');
    s.decoder.keepalive(0x1an);
    s.decoder.flush();
    s.take();
    expect(s.decoder.idlePosition).toBeNull();
  });

  it('refuses a transaction before a heartbeat that was taken', () => {
    const s = stream();
    s.decoder.keepalive(0x11n);
    s.decoder.takeHeartbeat();
    expect(() => s.begin()).toThrow(expect.objectContaining({ code: 'DECODE_FAILED' }));
  });
});
