import { describe, expect, it } from 'vitest';
import { differentTables, fingerprintQuery } from './fingerprint.ts';

const fingerprints = (rows: string, sum: string) => new Map([['items', { rows, sum }]]);

describe('fingerprints', () => {
  it('take every column of a row, or what a transformation makes of it', () => {
    const changed = { name: 'items', create: '', keyed: true, transformed: 'upper(t.note)' };
    expect(fingerprintQuery([changed], 'as-they-are')).toContain('hashtextextended(t::text, 0)');
    expect(fingerprintQuery([changed], 'transformed')).toContain('hashtextextended(upper(t.note), 0)');
  });

  it('are equal when count and sum are', () => {
    expect(differentTables(fingerprints('2', '-7'), fingerprints('2', '-7'))).toEqual([]);
  });

  it('say what differs, also when a table is missing', () => {
    expect(differentTables(fingerprints('2', '-7'), fingerprints('2', '-8'))).toHaveLength(1);
    expect(differentTables(fingerprints('2', '-7'), fingerprints('1', '-7'))).toHaveLength(1);
    expect(differentTables(fingerprints('2', '-7'), new Map())).toHaveLength(1);
  });
});
