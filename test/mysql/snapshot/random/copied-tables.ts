import fc from 'fast-check';

/** Tables with keys of every kind, one with that of a part of a column and one without, of a few short rows. */
export const copiedTables = ['ints', 'pairs', 'words', 'notes', 'remarks'] as const;

const words = ['a', 'B', 'ä', 'bb', 'ß', 'ssa', 'Z', 'é', 'eb', ''];
const word = (n: number): string => `'${words[n % words.length]}'`;

export const createCopiedTables = `
  CREATE TABLE ints (id int PRIMARY KEY, n int, label varchar(10) UNIQUE, text varchar(100));
  CREATE TABLE pairs (a tinyint, b varchar(5) CHARACTER SET latin1 COLLATE latin1_german2_ci, n int, PRIMARY KEY (b, a));
  CREATE TABLE words (word varchar(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY, n int, text varchar(100));
  CREATE TABLE notes (note text, n int, PRIMARY KEY (note(2)));
  CREATE TABLE remarks (n int, word varchar(10));
  INSERT INTO ints VALUES ${list(12, (n) => `${n}, 0, ${n % 3 === 0 ? 'NULL' : `'l${n}'`}, 'text ${n}'`)};
  INSERT IGNORE INTO pairs VALUES ${list(12, (n) => `${n % 3}, ${word(n)}, 0`)};
  INSERT IGNORE INTO words VALUES ${list(words.length, (n) => `${word(n)}, 0, 'text ${n}'`)};
  INSERT IGNORE INTO notes VALUES ${list(words.length, (n) => `concat(${word(n)}, ' note'), 0`)};
  INSERT INTO remarks VALUES ${list(8, (n) => `${n % 3}, ${word(n)}`)}`;

function list(count: number, row: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => `(${row(n)})`).join(', ');
}

/** Of three small numbers; the server may refuse it. */
const templates: readonly ((a: number, b: number, c: number) => string)[] = [
  (a, b, c) => `INSERT INTO ints VALUES (${a}, ${b}, 'l${c}', 'new ${b}')`,
  (a, b, c) => `REPLACE INTO ints VALUES (${a}, ${b}, 'l${c}', 'other ${b}')`,
  (a, b, c) => `INSERT INTO ints VALUES (${a}, 0, NULL, 'x') ON DUPLICATE KEY UPDATE n = ${b}, label = 'l${c}'`,
  (a, b) => `UPDATE ints SET n = n + 1 WHERE id BETWEEN ${a} AND ${a + (b % 3)}`,
  (a, b) => `UPDATE ints SET text = 'text ${b}' WHERE id = ${a}`,
  // Rows move from ranges that are read into others that are not, and back.
  (a, b) => `UPDATE ints SET id = ${b} WHERE id = ${a}`,
  (a, b) => `UPDATE ints SET id = id + 20 WHERE id BETWEEN ${a} AND ${a + (b % 3)}`,
  (_, b) => `UPDATE ints SET id = id - 20 WHERE id BETWEEN ${20 + b} AND ${22 + b}`,
  (a, b) => `UPDATE ints SET id = -id, n = ${b} WHERE id = ${a}`,
  (a, b, c) => `UPDATE ints SET label = NULL WHERE id = ${a}; UPDATE ints SET label = 'l${c}' WHERE id = ${b}`,
  (a, b) => `DELETE FROM ints WHERE id = ${a}; INSERT INTO ints VALUES (${a}, ${b}, NULL, 'again')`,
  (a) => `DELETE FROM ints WHERE id = ${a}`,
  (a, b, c) => `INSERT INTO pairs VALUES (${a % 3}, ${word(b)}, ${c})`,
  (a, b) => `UPDATE pairs SET a = ${b % 3} WHERE b = ${word(a)}`,
  (a, b) => `UPDATE pairs SET b = ${word(b)} WHERE b = ${word(a)}`,
  (a, b) => `UPDATE pairs SET b = upper(b), n = n + 1 WHERE a = ${a % 3} AND b = ${word(b)}`,
  (a, b, c) => `UPDATE pairs SET n = ${b} WHERE a = ${a % 3} AND b = ${word(c)}`,
  (a, b) => `DELETE FROM pairs WHERE a = ${a % 3} AND b = ${word(b)}`,
  (a, b) => `INSERT INTO words VALUES (${word(a)}, ${b}, 'new ${a}')`,
  (a, b) => `UPDATE words SET word = ${word(b)} WHERE word = ${word(a)}`,
  (a, b) => `UPDATE words SET word = concat(word, ${word(b)}) WHERE word >= ${word(a)} ORDER BY word LIMIT 1`,
  (a) => `UPDATE words SET word = substr(word, 2) WHERE word LIKE concat(${word(a)}, '_')`,
  (a, b) => `UPDATE words SET word = upper(word), n = ${b} WHERE word = ${word(a)}`,
  (a, b) => `UPDATE words SET n = n + ${b} WHERE word = ${word(a)}`,
  (a) => `DELETE FROM words WHERE word = ${word(a)}`,
  (a, b) => `REPLACE INTO notes VALUES (concat(${word(a)}, ' new'), ${b})`,
  (a, b) => `UPDATE notes SET note = concat(${word(b)}, ' moved') WHERE note LIKE concat(${word(a)}, ' %')`,
  (a, b) => `UPDATE notes SET n = ${b} WHERE note LIKE concat(${word(a)}, ' %')`,
  (a, b) => `INSERT INTO remarks VALUES (${a % 3}, ${word(b)})`,
  (a, b) => `UPDATE remarks SET word = ${word(b)} WHERE n = ${a % 3} ORDER BY word LIMIT 1`,
  (a) => `DELETE FROM remarks WHERE n = ${a % 3} ORDER BY word LIMIT 1`,
];

const small = fc.integer({ min: 0, max: 13 });
const written = fc
  .tuple(fc.constantFrom(...templates), small, small, small)
  .map(([template, a, b, c]) => template(a, b, c));
const truncated = fc.constantFrom(...copiedTables).map((table) => `TRUNCATE ${table}`);

/** What the application does in one moment: a transaction whose updates say all of a row or not. */
export interface Moment {
  readonly image: 'FULL' | 'MINIMAL' | 'NOBLOB';
  readonly statements: readonly string[];
  /** The stream is paused and goes on. */
  readonly isInterrupted: boolean;
}

export const moments: fc.Arbitrary<readonly Moment[]> = fc.array(
  fc.record({
    image: fc.constantFrom('FULL', 'MINIMAL', 'MINIMAL', 'NOBLOB'),
    statements: fc.oneof(
      { weight: 40, arbitrary: fc.array(written, { maxLength: 2 }) },
      { weight: 1, arbitrary: fc.tuple(truncated) },
    ),
    isInterrupted: fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  }),
  { minLength: 40, maxLength: 60 },
);
