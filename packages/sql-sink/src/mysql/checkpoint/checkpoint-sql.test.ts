import type { Checkpoint } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { type Claim, saveCheckpoint } from './checkpoint-sql.ts';
import { copyLockName, writerLockName } from './named-locks.ts';

const claim: Claim = { schema: 'mill`race', stream: "it's", sink: 'mysql', epoch: 7, owner: 'host 1 \\ token 2' };
const checkpoint: Checkpoint = {
  version: 1,
  streamId: "it's",
  sink: 'mysql',
  epoch: 7,
  source: { kind: 'mysql', id: "o'clock" },
  claimed: false,
  position: '1',
  partial: null,
  tables: {},
  savedAt: 1_700_000_000_123,
};
const owned = "WHERE stream = 'it''s' AND sink = 'mysql' AND epoch = 7 AND owner = 'host 1 \\\\ token 2'";

describe('saving a checkpoint in MySQL', () => {
  it('touches only a row that this connection owns, and only what changed', () => {
    const same = { ...checkpoint, tables: {}, source: { kind: 'mysql', id: "o'clock" }, position: '2' };
    expect(saveCheckpoint(claim, same, checkpoint)).toBe(
      `UPDATE \`mill\`\`race\`.\`checkpoint\` SET position = '2', saved_at = 1700000000123 ${owned}`,
    );
  });

  it('writes everything when nothing is known of the row', () => {
    expect(saveCheckpoint(claim, { ...checkpoint, position: null }, null)).toBe(
      `UPDATE \`mill\`\`race\`.\`checkpoint\` SET position = NULL, saved_at = 1700000000123, source_identity = '{"kind":"mysql","id":"o''clock"}', partial = NULL, tables = '{}', claimed = 0 ${owned}`,
    );
  });
});

describe('named locks', () => {
  it('differ by schema, stream, sink and number, and are no longer than a name may be', () => {
    const name = { schema: 'a', stream: 'b'.repeat(255), sink: 'c' };
    const names = [
      writerLockName(name),
      writerLockName({ ...name, schema: 'd' }),
      writerLockName({ ...name, stream: 'd' }),
      writerLockName({ ...name, sink: 'd' }),
      copyLockName(name, 0),
      copyLockName(name, 63),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(64);
  });
});
