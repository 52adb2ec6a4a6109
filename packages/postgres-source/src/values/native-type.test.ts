import { describe, expect, it } from 'vitest';
import { builtinElementType, builtinOid, builtinType } from './builtin-types.ts';
import { builtinNativeType } from './native-type.ts';

describe('builtinNativeType', () => {
  // As a server's catalog has them: atttypid, atttypmod, format_type(atttypid, atttypmod).
  it.each([
    [23, -1, 'integer'],
    [20, -1, 'bigint'],
    [16, -1, 'boolean'],
    [18, -1, '"char"'],
    [701, -1, 'double precision'],
    [1043, 24, 'character varying(20)'],
    [1043, -1, 'character varying'],
    [1042, 9, 'character(5)'],
    [1042, -1, 'bpchar'],
    [1700, 655366, 'numeric(10,2)'],
    [1700, 198658, 'numeric(3,-2)'],
    [1700, 65537004, 'numeric(1000,1000)'],
    [1700, -1, 'numeric'],
    [1083, 3, 'time(3) without time zone'],
    [1266, 0, 'time(0) with time zone'],
    [1114, 6, 'timestamp(6) without time zone'],
    [1184, -1, 'timestamp with time zone'],
    [1184, 3, 'timestamp(3) with time zone'],
    [1186, -1, 'interval'],
    [1186, 2147418115, 'interval(3)'],
    [1186, 470286338, 'interval day to second(2)'],
    [1186, 327679, 'interval year'],
    [1186, 196607, 'interval month'],
    [1186, 458751, 'interval year to month'],
    [1186, 470351871, 'interval day to second'],
    [1186, 201392127, 'interval hour to minute'],
    [1186, 402653184, 'interval minute to second(0)'],
    [1187, 470286338, 'interval day to second(2)[]'],
    [1560, 8, 'bit(8)'],
    [1560, -1, '"bit"'],
    [1562, 12, 'bit varying(12)'],
    [1015, 24, 'character varying(20)[]'],
    [1007, -1, 'integer[]'],
    [1231, 655366, 'numeric(10,2)[]'],
    [3802, -1, 'jsonb'],
  ])('oid %i with modifier %i is %s', (oid, modifier, native) => {
    expect(builtinNativeType(oid, modifier)).toBe(native);
  });

  it('knows no other types', () => {
    expect(builtinNativeType(16_400, -1)).toBeNull();
    expect(builtinType(1007)).toBeUndefined();
    expect(builtinElementType(23)).toBeUndefined();
    expect(builtinOid('mood')).toBeUndefined();
  });
});
