import { describe, expect, it } from 'vitest';
import type { SlotFacts } from './slot-facts.ts';
import { slotVerdict } from './slot-verdict.ts';

const healthy: SlotFacts = {
  name: 's',
  type: 'logical',
  plugin: 'pgoutput',
  database: 'shop',
  here: 'shop',
  twoPhase: false,
  synced: false,
  activePid: null,
  ours: false,
  holder: null,
  confirmed: 100n,
  head: 200n,
  walStatus: 'reserved',
  invalidated: null,
  retained: 0,
  safe: null,
};

const verdict = (slot: Partial<SlotFacts> | null, after = 100n) =>
  slotVerdict('s', slot === null ? null : { ...healthy, ...slot }, after)?.code ?? 'fine';

describe('slotVerdict', () => {
  it('continues at the confirmed position and after it', () => {
    expect(verdict({})).toBe('fine');
    expect(verdict({}, 101n)).toBe('fine');
  });

  it('refuses a slot that is confirmed one byte further', () => {
    expect(verdict({}, 99n)).toBe('SLOT_AHEAD');
    expect(verdict({ confirmed: null })).toBe('SLOT_AHEAD');
  });

  it('refuses a log that ends before the position', () => {
    expect(verdict({}, 200n)).toBe('fine');
    expect(verdict({}, 201n)).toBe('SOURCE_BEHIND');
    expect(verdict({ head: null }, 201n)).toBe('fine');
  });

  it('refuses a slot that is gone or lost', () => {
    expect(verdict(null)).toBe('SLOT_MISSING');
    expect(verdict({ walStatus: 'lost' })).toBe('SLOT_LOST');
    expect(verdict({ invalidated: 'idle_timeout' })).toBe('SLOT_LOST');
  });

  it('waits for the promotion of a standby that has the slot of its primary', () => {
    expect(verdict({ synced: true, head: null })).toBe('IN_RECOVERY');
    expect(verdict({ synced: true })).toBe('fine');
    expect(verdict({ head: null })).toBe('fine');
  });

  it('says what keeps a slot from being lost again', () => {
    const hint = (invalidated: string | null) =>
      slotVerdict('s', { ...healthy, walStatus: 'lost', invalidated }, 100n)?.hint;
    expect(hint(null)).toMatch(/^raise max_slot_wal_keep_size/);
    expect(hint('wal_removed')).toMatch(/^raise max_slot_wal_keep_size/);
    expect(hint('idle_timeout')).toMatch(/^raise idle_replication_slot_timeout/);
    expect(hint('wal_level_insufficient')).toMatch(/^set wal_level = logical/);
    expect(hint('rows_removed')).toMatch(/^set hot_standby_feedback = on/);
  });

  it('refuses slots of another kind', () => {
    expect(verdict({ type: 'physical' })).toBe('SLOT_UNUSABLE');
    expect(verdict({ plugin: 'wal2json' })).toBe('SLOT_UNUSABLE');
    expect(verdict({ database: 'other' })).toBe('SLOT_UNUSABLE');
  });

  it('leaves a slot alone that somebody else reads, and takes over from itself', () => {
    expect(verdict({ activePid: 7 })).toBe('SLOT_IN_USE');
    expect(verdict({ activePid: 7, ours: true })).toBe('fine');
  });

  it('says that it is lost before it says anything about positions or users', () => {
    expect(verdict({ walStatus: 'lost', activePid: 7, confirmed: null })).toBe('SLOT_LOST');
  });
});
