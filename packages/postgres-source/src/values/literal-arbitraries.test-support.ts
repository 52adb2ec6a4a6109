import fc from 'fast-check';

/** Values of a built-in type as the server takes them: its extremes and oddities, and any others. */
export interface TypeLiterals {
  readonly fixed: readonly string[];
  readonly random?: fc.Arbitrary<string>;
}

export const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex'));
export const digits = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength });
export const signed = (text: fc.Arbitrary<string>) =>
  fc.tuple(fc.constantFrom('', '-'), text).map((parts) => parts.join(''));
export const double = fc
  .oneof(fc.double(), fc.double({ min: -1e6, max: 1e6 }), fc.integer({ min: -400, max: 400 }))
  .map(String);
export const real = fc.oneof(
  fc.float().map(String),
  fc.integer().map((value) => String(value / 4)),
);
// Everything that an array or a range gives a meaning to, and everything else but the byte that no text holds.
const odd = fc.constantFrom(...`"\\{},; \t\n\v\f\r()[]'Nulä🌍`);
export const text = fc
  .string({ unit: fc.oneof(odd, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })) })
  .map((value) => value.replaceAll('\0', ''));
export const instant = fc
  .date({ min: new Date('-004000-01-01'), max: new Date('+200000-01-01'), noInvalidDate: true })
  .map((date) => {
    const year = date.getUTCFullYear();
    const rest = date
      .toISOString()
      .replace(/^[+-]?\d+/, '')
      .replace('Z', '');
    return `${String(year > 0 ? year : 1 - year).padStart(4, '0')}${rest}${year > 0 ? '' : ' BC'}`;
  });
export const day = instant.map((value) => value.replace(/T[\d:.]+/, ''));
export const clock = fc.nat({ max: 86_399_999 }).map((value) => new Date(value).toISOString().slice(11, 23));
export const number = fc.tuple(signed(digits(40)), digits(40)).map((parts) => parts.join('.'));
export const interval = fc
  .record({
    months: fc.integer({ min: -2_000_000, max: 2_000_000 }),
    days: fc.integer(),
    seconds: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  })
  .map((given) => `${given.months} months ${given.days} days ${given.seconds.toFixed(6)} seconds`);
export const zone = fc.tuple(fc.constantFrom('+', '-'), fc.nat({ max: 15 }), fc.nat({ max: 59 }), fc.nat({ max: 59 }));
const ipv6 = fc.array(fc.constantFrom('0', '0', '0', '1', 'ffff', 'a00'), { minLength: 8, maxLength: 8 });
const ipv4 = fc.tuple(...[1, 2, 3, 4].map(() => fc.nat({ max: 255 })));
export const address = fc.oneof(
  ipv4.map((parts) => parts.join('.')),
  ipv6.map((words) => words.join(':')),
);
export const point = fc.tuple(double, double).map(([x, y]) => `(${x},${y})`);
export const points = fc.array(point, { minLength: 1, maxLength: 5 }).map((list) => list.join(','));
export const bits = fc.string({ unit: fc.constantFrom('0', '1'), maxLength: 40 });
export const lsn = fc.tuple(fc.nat({ max: 0x7fff_ffff }), fc.nat({ max: 0x7fff_ffff }));
