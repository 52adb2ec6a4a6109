import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { MalformedValue } from '../values/malformed-value.ts';
import { characterSetDecoder } from './character-set.ts';
import { collationName, longestCharacter } from './collations.ts';

/** Every sequence of bytes that may be a character of a set. */
const sequences = (set: string, longest: number): readonly Buffer[] => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  if (set === 'utf32')
    return bytes.flatMap((low) =>
      [
        [0, 0, low, 0x41],
        [0, 1, low, 0],
        [0, 0x10, low, 0xff],
      ].map((one) => Buffer.from(one)),
    );
  const two = bytes.flatMap((lead) => bytes.map((trail) => Buffer.from([lead, trail])));
  if (set === 'ucs2' || set === 'utf16' || set === 'utf16le') return two;
  const one = bytes.map((byte) => Buffer.from([byte]));
  if (longest === 1) return one;
  const doubles = two.filter(([lead = 0]) => lead >= 0x80);
  if (!['ujis', 'eucjpms'].includes(set)) return [...one, ...doubles];
  return [...one, ...doubles, ...doubles.map((pair) => Buffer.from([0x8f, ...pair]))];
};

const decoded = (set: string, bytes: Buffer): string | null => {
  try {
    return characterSetDecoder(set)?.text(bytes, 0, bytes.length) ?? null;
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedValue);
    return null;
  }
};

/** One row at a time would take minutes. */
const rowsPerStatement = 10_000;

describe.each(mysqlNames())('text of %s', (name) => {
  it('is read as the server converts it, in every character set', async () => {
    await using database = await createMysqlDatabase(sharedMysql(name));
    const connection = await database.connect();
    const [sets] = await connection.query({
      sql: "SELECT character_set_name FROM information_schema.character_sets WHERE character_set_name <> 'binary'",
      rowsAsArray: true,
    });
    const wrong: unknown[] = [];
    const unread: string[] = [];
    await connection.query('CREATE TABLE sequences (id int PRIMARY KEY, b varbinary(4))');
    for (const [set = ''] of sets as unknown as string[][]) {
      if (characterSetDecoder(set) === undefined) {
        unread.push(set);
        continue;
      }
      const all = sequences(set, longestCharacter(set));
      await connection.query('TRUNCATE TABLE sequences');
      for (let first = 0; first < all.length; first += rowsPerStatement) {
        const rows = all
          .slice(first, first + rowsPerStatement)
          .map((bytes, at) => `(${first + at}, x'${bytes.toString('hex')}')`);
        await connection.query(`INSERT INTO sequences VALUES ${rows}`);
      }
      // Only what the server keeps as it is, is text of the set; U+003F stands for what has no other character.
      const [texts] = await connection.query({
        sql: `SELECT id, HEX(CONVERT(CONVERT(b USING ${set}) USING utf8mb4)) FROM sequences
          WHERE CONVERT(b USING ${set}) IS NOT NULL AND HEX(CONVERT(b USING ${set})) = HEX(b) AND CHAR_LENGTH(CONVERT(b USING ${set})) = 1`,
        rowsAsArray: true,
      });
      for (const [id, hex] of texts as unknown as [number, string | null][]) {
        const bytes = all[id] ?? Buffer.alloc(0);
        const said = hex === null ? '?' : Buffer.from(hex, 'hex').toString();
        const read = decoded(set, bytes);
        // What the server has no other character for it cannot say.
        const isUnknown =
          (said === '?' && !/^\0*\?\0*$/.test(bytes.toString('latin1'))) || said === '' || said.includes('\ufffd');
        if (said !== read && !isUnknown) wrong.push([set, bytes.toString('hex'), said, read]);
      }
    }
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(unread).toEqual([]);
  }, 120_000);

  it('knows every collation by its number', async () => {
    const server = sharedMysql(name);
    await using database = await createMysqlDatabase(server);
    const connection = await database.connect();
    const [rows] = await connection.query({
      sql:
        server.kind === 'mysql'
          ? 'SELECT id, collation_name FROM information_schema.collations'
          : 'SELECT id, full_collation_name FROM information_schema.collation_character_set_applicability',
      rowsAsArray: true,
    });
    const wrong = (rows as unknown as [number, string][]).filter(
      ([id, collation]) => collationName(Number(id)) !== collation,
    );
    // MariaDB gives MySQL's Croatian collations another name.
    expect(wrong.filter(([, collation]) => !/croatian/.test(collation))).toEqual([]);
  });
});
