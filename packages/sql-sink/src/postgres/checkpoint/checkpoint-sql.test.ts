import type { Checkpoint } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { checkpointOf, type StoredRow } from '../../checkpoint/checkpoint-row.ts';
import { type Claim, currentLayout, layoutComment, layoutOf, saveCheckpoint } from './checkpoint-sql.ts';

const claim: Claim = { schema: 'mill"race', stream: "it's", sink: 'postgres', epoch: 7, owner: 'host 1 token 2' };
const checkpoint: Checkpoint = {
  version: 1,
  streamId: "it's",
  sink: 'postgres',
  epoch: 7,
  source: { kind: 'postgres', id: "o'clock" },
  claimed: false,
  position: '0/1',
  partial: null,
  tables: {},
  savedAt: 1_700_000_000_123,
};
const owned = `WHERE stream = 'it''s' AND sink = 'postgres' AND epoch = 7 AND owner = 'host 1 token 2'`;

describe('saving a checkpoint', () => {
  it('touches only a row that this connection owns, and only what changed', () => {
    expect(saveCheckpoint(claim, { ...checkpoint, position: '0/2' }, checkpoint)).toBe(
      `UPDATE "mill""race"."checkpoint" SET position = '0/2', saved_at = to_timestamp(1700000000123 / 1000.0) ${owned}`,
    );
  });

  it('writes everything when nothing is known of the row', () => {
    expect(
      saveCheckpoint(claim, { ...checkpoint, position: null, partial: { transaction: 't', sequence: 1 } }, null),
    ).toBe(
      `UPDATE "mill""race"."checkpoint" SET position = NULL, saved_at = to_timestamp(1700000000123 / 1000.0), source_identity = '{"kind":"postgres","id":"o''clock"}', partial = '{"transaction":"t","sequence":1}', tables = '{}', claimed = false ${owned}`,
    );
  });

  it('forgets which policies were applied when the position is forgotten, and only then', () => {
    const forgotten = { ...checkpoint, position: null };
    expect(saveCheckpoint(claim, forgotten, checkpoint)).toContain(', prepared = DEFAULT WHERE');
    expect(saveCheckpoint(claim, forgotten, forgotten)).not.toContain('prepared');
    expect(saveCheckpoint(claim, checkpoint, forgotten)).not.toContain('prepared');
  });

  it('writes tables and claim when they changed, and leaves equal objects alone', () => {
    const tables = { 'public.t': { state: 'live', from: '0/1', ranges: [], through: null } } as const;
    const text = saveCheckpoint(
      claim,
      { ...checkpoint, tables, claimed: true, source: { kind: 'postgres', id: "o'clock" } },
      checkpoint,
    );
    expect(text).toContain(`tables = '{"public.t":`);
    expect(text).toContain('claimed = true');
    expect(text).not.toContain('source_identity');
  });
});

describe('the layout of the table', () => {
  it('is read from its comment', () => {
    expect(layoutOf(layoutComment(currentLayout))).toBe(currentLayout);
    expect(layoutOf(layoutComment(12))).toBe(12);
    expect(layoutOf('somebody else')).toBeNull();
    expect(layoutOf(null)).toBeNull();
  });
});

describe('a row of the table', () => {
  const row: StoredRow = {
    epoch: '7',
    owner: null,
    source_identity: '{"kind":"postgres","id":"1"}',
    claimed: 't',
    position: null,
    partial: '{"transaction":"t","sequence":4}',
    tables: '{}',
    saved_at: '1700000000123',
  };

  it('becomes the checkpoint', () => {
    expect(checkpointOf('s', 'postgres', row)).toEqual({
      version: 1,
      streamId: 's',
      sink: 'postgres',
      epoch: 7,
      source: { kind: 'postgres', id: '1' },
      claimed: true,
      position: null,
      partial: { transaction: 't', sequence: 4 },
      tables: {},
      savedAt: 1_700_000_000_123,
    });
  });

  it.each([{ epoch: '9007199254740993' }, { source_identity: '{"kind":1}' }, { partial: '[]' }, { tables: '{"t":1}' }])(
    'is refused with %o',
    (change) => {
      expect(() => checkpointOf('s', 'postgres', { ...row, ...change })).toThrow(/wrong value in/);
    },
  );
});
