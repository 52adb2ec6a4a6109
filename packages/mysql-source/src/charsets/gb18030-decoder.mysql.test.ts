import { expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { MalformedValue } from '../values/malformed-value.ts';
import { gb18030Decoder } from './gb18030-decoder.ts';

const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, place) => first + place);

/** Every sequence of bytes that has the form of a character, but for the one that divides them. */
function* sequences(): Generator<Buffer> {
  const [leads, digits] = [range(0x81, 0xfe), range(0x30, 0x39)];
  for (const one of range(0, 0x7f)) if (one !== divider) yield Buffer.from([one]);
  for (const lead of leads) for (const trail of range(0x40, 0xfe)) if (trail !== 0x7f) yield Buffer.from([lead, trail]);
  for (const lead of leads)
    for (const digit of digits)
      for (const third of leads) for (const last of digits) yield Buffer.from([lead, digit, third, last]);
}

const divider = 0x0a;
const divided = (some: readonly Buffer[]): Buffer =>
  Buffer.concat(some.flatMap((bytes) => [bytes, Buffer.from([divider])])).subarray(0, -1);
const sequencesPerStatement = 200_000;

it.runIf(mysqlNames().includes('mysql'))(
  'gb18030 is read as MySQL converts it, in every sequence of bytes',
  { timeout: 120_000 },
  async () => {
    await using database = await createMysqlDatabase(sharedMysql('mysql'));
    const decoder = gb18030Decoder();
    const decoded = (bytes: Buffer): string | null => {
      try {
        return decoder.text(bytes, 0, bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedValue);
        return null;
      }
    };
    const all = [...sequences()];
    let known = 0;
    for (let first = 0; first < all.length; first += sequencesPerStatement) {
      const some = all.slice(first, first + sequencesPerStatement);
      const [row] = await database.query<{ text: string }>(
        'SELECT CONVERT(CONVERT(? USING gb18030) USING utf8mb4) AS text',
        [divided(some)],
      );
      const said = row?.text.split('\n') ?? [];
      expect(said).toHaveLength(some.length);
      // It stands for what has no other character.
      const isKnown = (at: number) => said[at] !== '?' || some[at]?.length === 1;
      const right = some.filter((_, at) => isKnown(at));
      const texts = said.filter((_, at) => isKnown(at));
      known += right.length;
      const found = decoded(divided(right))?.split('\n') ?? [];
      const wrong = right.flatMap((bytes, at) =>
        found[at] === texts[at] ? [] : [[bytes.toString('hex'), texts[at], found[at]]],
      );
      expect(wrong.slice(0, 20)).toEqual([]);
      // One behind the other, whose bytes might be taken for others.
      expect(decoded(Buffer.concat(right)) === texts.join('')).toBe(true);
      // Each of them takes as long as a thousand that are right.
      for (const [at, bytes] of some.entries()) if (!isKnown(at) && at % 97 === 0) expect(decoded(bytes)).toBeNull();
    }
    // All of Unicode but half surrogate pairs and the divider.
    expect(known).toBe(0x11_0000 - 0x800 - 1);
    for (const malformed of ['80', 'ff', '81', '8130', '813081', '81307f30', 'a17f', '4180'])
      expect(decoded(Buffer.from(malformed, 'hex'))).toBeNull();
  },
);
