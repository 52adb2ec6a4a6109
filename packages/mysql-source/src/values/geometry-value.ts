import { MalformedValue } from './malformed-value.ts';
import { textDecoder, type ValueDecoder } from './value-decoder.ts';

/** In front of the well-known binary form the servers write the number of its reference system. */
const sridSize = 4;
/** Byte order and kind. */
const headerSize = 5;
const littleEndian = 1;
/** Says that the number of the reference system follows. */
const hasSrid = 0x2000_0000;

/** The extended well-known binary form of a geometry: with the number of its reference system, unless that is 0. */
const ewkb = (bytes: Buffer, start: number, end: number): Buffer => {
  if (end - start < sridSize + headerSize || bytes[start + sridSize] !== littleEndian)
    throw new MalformedValue('it is no geometry');
  const srid = bytes.readUInt32LE(start);
  const wkb = bytes.subarray(start + sridSize, end);
  if (srid === 0) return Buffer.from(wkb);
  const made = Buffer.allocUnsafe(wkb.length + sridSize);
  made[0] = littleEndian;
  made.writeUInt32LE((wkb.readUInt32LE(1) | hasSrid) >>> 0, 1);
  made.writeUInt32LE(srid, headerSize);
  wkb.copy(made, headerSize + sridSize, headerSize);
  return made;
};

/** A geometry as `\x` and the hexadecimal digits of its extended well-known binary form; in JavaScript that form itself. */
export const geometryDecoder: ValueDecoder = {
  ...textDecoder((bytes, start, end) => `\\x${ewkb(bytes, start, end).toString('hex')}`),
  value: ewkb,
};
