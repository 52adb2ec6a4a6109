import { describe, expect, it } from 'vitest';
import { BinaryTypes } from './binary-types.ts';
import { builtinOid, builtinTypes } from './builtin-types.ts';
import { typeLiterals } from './type-literals.test-support.ts';

describe('BinaryTypes', () => {
  it('reads the types that are tried against a server, and arrays of them', () => {
    const types = new BinaryTypes();
    const read = builtinTypes.filter(({ oid }) => types.text(oid) !== undefined);
    expect(read.map(({ catalogName }) => catalogName).sort()).toEqual(Object.keys(typeLiterals).sort());
    const arrays = builtinTypes.filter(({ arrayOid }) => types.text(arrayOid) !== undefined);
    expect(arrays).toEqual(read);
  });

  it('knows what other servers write otherwise', () => {
    const char = builtinOid('char') ?? 0;
    expect(new BinaryTypes(150_000).text(char)).toBeUndefined();
    expect(new BinaryTypes(150_000).text(builtinOid('_char') ?? 0)).toBeUndefined();
    expect(new BinaryTypes(160_000).text(char)).toBeDefined();
    const lsn = builtinOid('pg_lsn') ?? 0;
    expect([180_004, 190_000].map((version) => new BinaryTypes(version).text(lsn) !== undefined)).toEqual([
      true,
      false,
    ]);
    const infinity = Buffer.from('7fffffffffffffff7fffffff7fffffff', 'hex');
    const interval = (version: number) => new BinaryTypes(version).text(builtinOid('interval') ?? 0)?.(infinity, 0, 16);
    expect(interval(170_000)).toBe('infinity');
    expect(interval(160_000)).toBe('178956970 years 7 mons 2147483647 days 2562047788:00:54.775807');
  });

  it('reads a type that is not built in as the one it stands for', () => {
    const types = new BinaryTypes(180_000, new Map([[16_500, { standsFor: 25, modifier: -1, element: null }]]));
    expect(types.text(16_500)?.(Buffer.from('fine'), 0, 4)).toBe('fine');
    expect(types.text(16_501)).toBeUndefined();
  });
});
