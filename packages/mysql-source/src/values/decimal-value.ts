import { paddedText } from './digit-text.ts';
import { putPadded, putUnsigned } from './digits.ts';
import { MalformedValue } from './malformed-value.ts';
import { shortDecoder, type ValueDecoder } from './value-decoder.ts';

/** Nine digits lie in four bytes, fewer in as many as they need (MySQL source documentation, `decimal2bin`). */
const groupDigits = 9;
const bytesOfDigits = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const;

const [minus, point, zero] = [0x2d, 0x2e, 0x30] as const;

interface Group {
  readonly digits: number;
  readonly bytes: number;
  /** The first number that has more digits. */
  readonly limit: number;
}

const groupOf = (digits: number): Group => ({ digits, bytes: bytesOfDigits[digits] ?? 0, limit: 10 ** digits });

const fullGroups = (digits: number): readonly Group[] =>
  new Array<Group>(Math.floor(digits / groupDigits)).fill(groupOf(groupDigits));

const restOf = (digits: number): readonly Group[] =>
  digits % groupDigits === 0 ? [] : [groupOf(digits % groupDigits)];

/** In the order of their digits: the group that is not full stands farthest from the point. */
const groupsOf = (precision: number, scale: number) => {
  const whole = precision - scale;
  const wholeGroups = [...restOf(whole), ...fullGroups(whole)];
  return { groups: [...wholeGroups, ...fullGroups(scale), ...restOf(scale)], wholeGroups: wholeGroups.length };
};

/** The bytes of a value with so many digits, of which `scale` are behind the point. */
export const decimalSize = (precision: number, scale: number): number =>
  groupsOf(precision, scale).groups.reduce((sum, { bytes }) => sum + bytes, 0);

/** Writes the number whose first byte is at `start`, and returns where its text ends. */
export const decimalWriter = (precision: number, scale: number) => {
  const { groups, wholeGroups } = groupsOf(precision, scale);
  return (bytes: Buffer, start: number, target: Buffer, at: number): number => {
    const inverted = (bytes[start] ?? 0) < 0x80 ? 0xff : 0;
    let to = at;
    if (inverted !== 0) target[to++] = minus;
    const first = to;
    let from = start;
    for (let number = 0; number < groups.length; number++) {
      const group = groups[number];
      if (group === undefined) break;
      if (number === wholeGroups) {
        if (to === first) target[to++] = zero;
        target[to++] = point;
      }
      const value = groupValue(bytes, start, from, group, inverted);
      from += group.bytes;
      if (to > first) to = putPadded(value, group.digits, target, to);
      else if (value > 0) to = putUnsigned(value, target, to);
    }
    if (to === first) target[to++] = zero;
    return to;
  };
};

/** Makes the text of the number whose first byte is at `start`. */
const decimalText = (precision: number, scale: number) => {
  const { groups, wholeGroups } = groupsOf(precision, scale);
  return (bytes: Buffer, start: number): string => {
    const inverted = (bytes[start] ?? 0) < 0x80 ? 0xff : 0;
    let text = '';
    let from = start;
    for (let number = 0; number < groups.length; number++) {
      const group = groups[number];
      if (group === undefined) break;
      const value = groupValue(bytes, start, from, group, inverted);
      from += group.bytes;
      if (number === wholeGroups) text = text === '' ? '0.' : `${text}.`;
      if (text !== '') text += paddedText(value, group.digits);
      else if (value > 0) text = String(value);
    }
    if (text === '') text = '0';
    return inverted === 0 ? text : `-${text}`;
  };
};

/** The number that a group says whose first byte is at `from`. */
const groupValue = (bytes: Buffer, start: number, from: number, group: Group, inverted: number): number => {
  // The first bit says the sign, the other way round.
  let value = (bytes[from] ?? 0) ^ inverted;
  if (from === start) value ^= 0x80;
  for (let at = from + 1; at < from + group.bytes; at++) value = (value << 8) | ((bytes[at] ?? 0) ^ inverted);
  // As an unsigned number, which may have its highest bit set.
  value >>>= 0;
  if (value >= group.limit) throw new MalformedValue('a group of its digits is too large');
  return value;
};

/** `numeric` with every digit of its scale. */
export const decimalDecoder = (precision: number, scale: number): ValueDecoder => {
  const write = decimalWriter(precision, scale);
  const text = decimalText(precision, scale);
  return shortDecoder(
    decimalSize(precision, scale),
    precision + 3,
    (bytes, start, _, target, at) => write(bytes, start, target, at),
    (made) => made,
    text,
  );
};
