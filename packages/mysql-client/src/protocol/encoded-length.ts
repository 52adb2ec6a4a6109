/*
 * Numbers as packets have them in front of texts: in one byte, or in two, three or eight behind one that says so (MySQL
 * source documentation, "Protocol::LengthEncodedInteger").
 */

const [nullMarker, twoBytes, threeBytes, eightBytes] = [0xfb, 0xfc, 0xfd, 0xfe] as const;

const nullLength = -1;

/** How many bytes say the length that begins at `at`. */
export const lengthSize = (bytes: Buffer, at: number): number => {
  const first = bytes[at] ?? 0;
  return first <= nullMarker ? 1 : first === twoBytes ? 3 : first === threeBytes ? 4 : 9;
};

/** The length that begins at `at`, or -1 for NULL. Throws `RangeError` past the end. */
export const lengthAt = (bytes: Buffer, at: number): number => {
  const first = bytes[at];
  if (first === undefined) throw new RangeError('a length lies past the end');
  if (first < nullMarker) return first;
  switch (first) {
    case nullMarker:
      return nullLength;
    case twoBytes:
      return bytes.readUInt16LE(at + 1);
    case threeBytes:
      return bytes.readUIntLE(at + 1, 3);
    case eightBytes:
      return bytes.readUInt32LE(at + 1) + bytes.readUInt32LE(at + 5) * 2 ** 32;
    default:
      throw new RangeError('it is no length');
  }
};
