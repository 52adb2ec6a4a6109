/** By character set, its collations: numbers, and names without that of the set. MariaDB's are those of MySQL, and more. */
const collations: Readonly<Record<string, string>> = {
  armscii8: '32 general_ci 64 bin',
  ascii: '11 general_ci 65 bin',
  big5: '1 chinese_ci 84 bin',
  binary: '63',
  cp1250: '26 general_ci 34 czech_cs 44 croatian_ci 66 bin 99 polish_ci',
  cp1251: '14 bulgarian_ci 23 ukrainian_ci 50 bin 51 general_ci 52 general_cs',
  cp1256: '57 general_ci 67 bin',
  cp1257: '29 lithuanian_ci 58 bin 59 general_ci',
  cp850: '4 general_ci 80 bin',
  cp852: '40 general_ci 81 bin',
  cp866: '36 general_ci 68 bin',
  cp932: '95 japanese_ci 96 bin',
  dec8: '3 swedish_ci 69 bin',
  eucjpms: '97 japanese_ci 98 bin',
  euckr: '19 korean_ci 85 bin',
  gb18030: '248 chinese_ci 249 bin 250 unicode_520_ci',
  gb2312: '24 chinese_ci 86 bin',
  gbk: '28 chinese_ci 87 bin',
  geostd8: '92 general_ci 93 bin',
  greek: '25 general_ci 70 bin',
  hebrew: '16 general_ci 71 bin',
  hp8: '6 english_ci 72 bin',
  keybcs2: '37 general_ci 73 bin',
  koi8r: '7 general_ci 74 bin',
  koi8u: '22 general_ci 75 bin',
  latin1: '5 german1_ci 8 swedish_ci 15 danish_ci 31 german2_ci 47 bin 48 general_ci 49 general_cs 94 spanish_ci',
  latin2: '2 czech_cs 9 general_ci 21 hungarian_ci 27 croatian_ci 77 bin',
  latin5: '30 turkish_ci 78 bin',
  latin7: '20 estonian_cs 41 general_ci 42 general_cs 79 bin',
  macce: '38 general_ci 43 bin',
  macroman: '39 general_ci 53 bin',
  sjis: '13 japanese_ci 88 bin',
  swe7: '10 swedish_ci 82 bin',
  tis620: '18 thai_ci 89 bin',
  ucs2: '35 general_ci 90 bin 159 general_mysql500_ci 640 croatian_ci 641 myanmar_ci 642 thai_520_w2',
  ujis: '12 japanese_ci 91 bin',
  utf16: '54 general_ci 55 bin 672 croatian_ci 673 myanmar_ci 674 thai_520_w2',
  utf16le: '56 general_ci 62 bin',
  utf32: '60 general_ci 61 bin 736 croatian_ci 737 myanmar_ci 738 thai_520_w2',
  utf8mb3:
    '33 general_ci 76 tolower_ci 83 bin 223 general_mysql500_ci 576 croatian_ci 577 myanmar_ci 578 thai_520_w2 579 general1400_as_ci',
  utf8mb4:
    '45 general_ci 46 bin 255 0900_ai_ci 256 de_pb_0900_ai_ci 257 is_0900_ai_ci 258 lv_0900_ai_ci 259 ro_0900_ai_ci 260 sl_0900_ai_ci 261 pl_0900_ai_ci 262 et_0900_ai_ci 263 es_0900_ai_ci 264 sv_0900_ai_ci 265 tr_0900_ai_ci 266 cs_0900_ai_ci 267 da_0900_ai_ci 268 lt_0900_ai_ci 269 sk_0900_ai_ci 270 es_trad_0900_ai_ci 271 la_0900_ai_ci 273 eo_0900_ai_ci 274 hu_0900_ai_ci 275 hr_0900_ai_ci 277 vi_0900_ai_ci 278 0900_as_cs 279 de_pb_0900_as_cs 280 is_0900_as_cs 281 lv_0900_as_cs 282 ro_0900_as_cs 283 sl_0900_as_cs 284 pl_0900_as_cs 285 et_0900_as_cs 286 es_0900_as_cs 287 sv_0900_as_cs 288 tr_0900_as_cs 289 cs_0900_as_cs 290 da_0900_as_cs 291 lt_0900_as_cs 292 sk_0900_as_cs 293 es_trad_0900_as_cs 294 la_0900_as_cs 296 eo_0900_as_cs 297 hu_0900_as_cs 298 hr_0900_as_cs 300 vi_0900_as_cs 303 ja_0900_as_cs 304 ja_0900_as_cs_ks 305 0900_as_ci 306 ru_0900_ai_ci 307 ru_0900_as_cs 308 zh_0900_as_cs 309 0900_bin 310 nb_0900_ai_ci 311 nb_0900_as_cs 312 nn_0900_ai_ci 313 nn_0900_as_cs 314 sr_latn_0900_ai_ci 315 sr_latn_0900_as_cs 316 bs_0900_ai_ci 317 bs_0900_as_cs 318 bg_0900_ai_ci 319 bg_0900_as_cs 320 gl_0900_ai_ci 321 gl_0900_as_cs 322 mn_cyrl_0900_ai_ci 323 mn_cyrl_0900_as_cs 608 croatian_ci 609 myanmar_ci 610 thai_520_w2 611 general1400_as_ci',
};

/** Collations by the Unicode Collation Algorithm 4.0, which have consecutive numbers in each set. */
const unicodeCollations = [
  'unicode',
  'icelandic',
  'latvian',
  'romanian',
  'slovenian',
  'polish',
  'estonian',
  'spanish',
  'swedish',
  'turkish',
  'czech',
  'danish',
  'lithuanian',
  'slovak',
  'spanish2',
  'roman',
  'persian',
  'esperanto',
  'hungarian',
  'sinhala',
  'german2',
  'croatian',
  'unicode_520',
  'vietnamese',
] as const;
const firstUnicode = { utf8mb3: 192, ucs2: 128, utf16: 101, utf32: 160, utf8mb4: 224 } as const;

/** MariaDB's by UCA 14: from 2048 on 256 numbers for each set, 8 for each language. */
const firstUca14 = 2048;
const uca14Sets = ['utf8mb3', 'utf8mb4', 'ucs2', 'utf16', 'utf32'] as const;
const uca14Variants = [
  'ai_ci',
  'ai_cs',
  'as_ci',
  'as_cs',
  'nopad_ai_ci',
  'nopad_ai_cs',
  'nopad_as_ci',
  'nopad_as_cs',
] as const;

/** MariaDB's without padding are numbered like those with it. */
const noPad = 1024;

const names = new Map<number, string>();
for (const [set, list] of Object.entries(collations))
  for (const [, number, name] of list.matchAll(/(\d+) ?(\w*)/g))
    names.set(Number(number), name === '' ? set : `${set}_${name}`);
for (const [set, first] of Object.entries(firstUnicode))
  for (const [place, name] of unicodeCollations.entries()) names.set(first + place, `${set}_${name}_ci`);

const uca14Name = (number: number): string | undefined => {
  const place = number - firstUca14;
  const [set, language] = [uca14Sets[place >> 8], (place >> 3) & 31];
  // Where MySQL's older croatian and another version of UCA stand, there is nothing; croatian comes last.
  const name =
    language === 0 ? '' : language < 21 ? unicodeCollations[language] : { 23: 'vietnamese', 24: 'croatian' }[language];
  if (set === undefined || name === undefined) return undefined;
  return [set, 'uca1400', ...(name === '' ? [] : [name]), uca14Variants[place & 7]].join('_');
};

/** The whole name of a collation, e.g. `utf8mb4_0900_ai_ci`; `undefined` for a number that no known server gives. */
export const collationName = (number: number): string | undefined => {
  if (number >= firstUca14) return uca14Name(number);
  if (number > noPad) return names.get(number - noPad)?.replace(/_(ci|bin)$/, '_nopad_$1');
  return names.get(number);
};

/** The character set of a collation: `utf8` is what `utf8mb3` was called. */
export const characterSetOf = (collation: string): string => collation.replace(/_.*$/, '').replace(/^utf8$/, 'utf8mb3');

const longest: Readonly<Record<string, number>> = {
  big5: 2,
  cp932: 2,
  eucjpms: 3,
  euckr: 2,
  gb18030: 4,
  gb2312: 2,
  gbk: 2,
  sjis: 2,
  ucs2: 2,
  ujis: 3,
  utf16: 4,
  utf16le: 4,
  utf32: 4,
  utf8mb3: 3,
  utf8mb4: 4,
};

/** The most bytes that a character of a set takes. */
export const longestCharacter = (set: string): number => longest[set] ?? 1;
