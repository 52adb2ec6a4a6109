import { MariadbGtidPosition as ZongjiGtidPosition } from '@vlasky/zongji';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MariadbGtidPosition } from './mariadb-gtid-position.ts';

const compare = (a: string, b: string) => MariadbGtidPosition.parse(a).compare(MariadbGtidPosition.parse(b));
const positions = fc.uniqueArray(fc.tuple(fc.nat(3), fc.nat(5)), { selector: ([domain]) => domain });
const text = (position: readonly (readonly [number, number])[]) =>
  position.map(([domain, sequence]) => `${domain}-1-${sequence}`).join(',');

it.each([
  ['', ''],
  ['0-1-5', '0-1-5'],
  ['10-1-5, 2-1-18446744073709551615', '2-1-18446744073709551615,10-1-5'],
])('%s', (given, canonical) => {
  expect(MariadbGtidPosition.parse(given).toString()).toBe(canonical);
});

it.each(['x', '1-2', '1-2-3-4', '0-1-5,0-2-6', '0-1-5,', '-1-1-1', '0x1-1-1'])('not %s', (given) => {
  expect(() => MariadbGtidPosition.parse(given)).toThrowError(
    expect.objectContaining({ code: 'BINLOG_POSITION_INVALID' }),
  );
});

it('is what zongji makes of it', () => {
  fc.assert(
    fc.property(positions, (position) => {
      expect(MariadbGtidPosition.parse(text(position)).toString()).toBe(
        ZongjiGtidPosition.parse(text(position)).toString(),
      );
    }),
  );
});

it('is ordered by each of its domains', () => {
  fc.assert(
    fc.property(positions, positions, (x, y) => {
      const sign = (domain: number) => {
        const of = (position: typeof x) => position.find(([other]) => other === domain)?.[1] ?? -1;
        return Math.sign(of(x) - of(y));
      };
      const signs = new Set([0, 1, 2, 3].map(sign).filter((of) => of !== 0));
      if (signs.size > 1)
        expect(() => compare(text(x), text(y))).toThrowError(
          expect.objectContaining({ code: 'POSITION_INCOMPARABLE' }),
        );
      else expect(compare(text(x), text(y))).toBe([...signs][0] ?? 0);
    }),
  );
});

it('one number of two servers is no order', () => {
  expect(() => compare('0-1-5', '0-2-5')).toThrowError(expect.objectContaining({ code: 'POSITION_INCOMPARABLE' }));
  expect(compare('0-1-5', '0-2-6')).toBe(-1);
});

it('numbers of a domain grow', () => {
  const position = MariadbGtidPosition.parse('0-1-5');
  position.add('1-1-2');
  position.add('0-2-6');
  expect(position.toString()).toBe('0-2-6,1-1-2');
  expect([position.has('0-1-5'), position.has('0-1-7'), position.has('2-1-1')]).toStrictEqual([true, false, false]);
  expect(() => position.add('0-1-6')).toThrowError(expect.objectContaining({ code: 'GTID_OUT_OF_ORDER' }));
});

it('takes a GTID behind another one as it takes it by itself', () => {
  const number = fc.constantFrom(
    '',
    '0',
    '00',
    '7',
    '18446744073709551615',
    '123456789012345678901',
    ' 7',
    '0x7',
    '-7',
    '7 ',
    '7a',
  );
  const prefix = fc.constantFrom('', '0-1-', '00-1-', '0-01-', '1-1-', '0-1', '0-1-1-', 'x-1-');
  const text = fc.tuple(prefix, number).map((parts) => parts.join(''));
  const gtid = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/;
  const taken = (gtids: readonly string[]) => {
    try {
      const position = new MariadbGtidPosition();
      for (const each of gtids) position.add(each);
      return position.toString();
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
  };
  fc.assert(
    fc.property(text, text, (first, second) => {
      taken([first]);
      const [, domain, server, sequence] = gtid.exec(second) ?? [];
      expect(taken([second])).toBe(
        sequence === undefined ? 'BINLOG_POSITION_INVALID' : `${Number(domain)}-${Number(server)}-${BigInt(sequence)}`,
      );
    }),
    { numRuns: 1_000 },
  );
});
