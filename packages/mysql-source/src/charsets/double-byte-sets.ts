/**
 * A character set of one and two bytes, and where `three` says so of three behind 0x8f: how Node calls the encoding that it
 * is almost, and what the servers have otherwise. MySQL 9.7 and MariaDB 10.11 and 11.8 agree.
 */
export interface DoubleByteSet {
  readonly encoding: string;
  readonly three?: boolean;
  /** Adds the characters that the servers have otherwise, by the number that their bytes are; `''`: there is none. */
  readonly differing: () => Iterable<readonly [bytes: number, character: string]>;
}

const range = (first: number, last: number): string =>
  String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, place) => first + place));

/** Characters of the numbers from `first` on, of which those that `is` admits have some. */
function* consecutive(first: number, characters: string, is: (bytes: number) => boolean = () => true) {
  let bytes = first;
  for (const character of characters) {
    while (!is(bytes)) bytes++;
    yield [bytes++, character] as const;
  }
}

/** Signs that Microsoft reads as their wide forms; the servers do so in cp932 and eucjpms only. */
const narrowSigns = '\\\u301c\u2016\u2212\u00a2\u00a3\u00ac';
const signsAt = (...bytes: readonly number[]) => bytes.map((at, place) => [at, narrowSigns[place] ?? ''] as const);

const isTrail = (bytes: number): boolean => (bytes & 0xff) >= 0xa1 && (bytes & 0xff) <= 0xfe;

/** The user's own characters of EUC, of two bytes and of three. */
function* ownCharacters() {
  yield* consecutive(0xf5a1, range(0xe000, 0xe3ab), isTrail);
  yield* consecutive(0x8ff5a1, range(0xe3ac, 0xe757), isTrail);
}

/** IBM's, which eucjpms has behind the others of three bytes. */
const ibmCharacters =
  'ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ＇＂㈱№℡炻仼僴凬匇匤\ufa0e咊坙\ufa0f\ufa10增寬峵嵓\ufa11德悅愠敎昻晥\ufa12\uf929栁\ufa13\ufa14橫櫢淸淲瀨\ufa15\ufa16甁皂皞\ufa17礰\ufa18\ufa19\ufa1a\ufa1b竧\ufa1c\ufa1d綠緖\ufa1e荢\ufa1f薰\ufa20\ufa21蠇\ufa22譿賴赶\ufa23\ufa24\ufa25郞\ufa26鄕\ufa27\ufa28閒\uf9dc\ufa29霻靍靑\ufa2a\ufa2b\ufa2c馞髙魲\ufa2d黑';

/** Korean syllables beyond those of the standard, in the order of Unicode, in the places that it leaves free. */
function* otherSyllables() {
  const decoder = new TextDecoder('euc-kr');
  const standard = new Set<string>();
  for (let bytes = 0xb0a1; bytes <= 0xc8fe; bytes++)
    if (isTrail(bytes)) standard.add(decoder.decode(Uint8Array.of(bytes >> 8, bytes & 0xff)));
  const syllables = [...range(0xac00, 0xd7a3)].filter((syllable) => !standard.has(syllable)).join('');
  yield* consecutive(0x8141, syllables, (bytes) => {
    const trail = bytes & 0xff;
    if (trail < 0x41 || (trail > 0x5a && trail < 0x61) || (trail > 0x7a && trail < 0x81) || trail > 0xfe) return false;
    return bytes >> 8 < 0xa1 || trail < 0xa1;
  });
}

/** Kana, Cyrillic letters and numbers in circles that Big5 has behind its standard. */
const big5Extension =
  'ヾゝゞ々' +
  range(0x3041, 0x3093) +
  range(0x30a1, 0x30f6) +
  'ДЕЁ' +
  range(0x416, 0x41c) +
  range(0x423, 0x42f) +
  range(0x430, 0x435) +
  'ё' +
  range(0x436, 0x44f) +
  range(0x2460, 0x2469) +
  range(0x2474, 0x247d);

const isBig5Trail = (bytes: number): boolean => isTrail(bytes) || ((bytes & 0xff) >= 0x40 && (bytes & 0xff) <= 0x7e);

function* big5Characters() {
  yield* consecutive(0xc6a1, big5Extension, isBig5Trail);
  const others = {
    41285: '\u2022',
    41294: '\uff64',
    41306: '',
    41410: '\u203e',
    41411: '',
    41413: '',
    41443: '\u223c',
    41458: '\u2641',
    41459: '\u2609',
    41470: '',
    41536: '',
    41537: '\uff0f',
    41538: '\uff3c',
    41540: '\u00a5',
    41542: '\u00a2',
    41543: '\u00a3',
    41676: '',
    41678: '',
  };
  for (const [bytes, character] of Object.entries(others)) yield [Number(bytes), character] as const;
}

export const doubleByteSets: Readonly<Record<string, DoubleByteSet>> = {
  sjis: {
    encoding: 'shift_jis',
    differing: () => signsAt(0x815f, 0x8160, 0x8161, 0x817c, 0x8191, 0x8192, 0x81ca),
  },
  cp932: { encoding: 'shift_jis', differing: () => [] },
  ujis: {
    encoding: 'euc-jp',
    three: true,
    differing: function* () {
      yield* ownCharacters();
      yield* signsAt(0xa1c0, 0xa1c1, 0xa1c2, 0xa1dd, 0xa1f1, 0xa1f2, 0xa2cc);
      yield [0x8fa2b7, '~'];
    },
  },
  eucjpms: {
    encoding: 'euc-jp',
    three: true,
    differing: function* () {
      yield* ownCharacters();
      yield* consecutive(0x8ff3f3, ibmCharacters, isTrail);
      yield [0x8fa2c3, '\uffe4'];
    },
  },
  euckr: {
    encoding: 'euc-kr',
    differing: function* () {
      yield* otherSyllables();
      yield [0xa2e6, '\u20ac'];
      yield [0xa2e7, '\u00ae'];
    },
  },
  gbk: { encoding: 'gbk', differing: () => [] },
  gb2312: {
    encoding: 'gbk',
    differing: () => [
      [0xa1a4, '\u30fb'],
      [0xa1aa, '\u2015'],
    ],
  },
  big5: { encoding: 'big5', differing: big5Characters },
};
