import { type BinaryText, fields } from './binary-text.ts';
import { float8Text } from './float-text.ts';
import { MalformedValue } from './malformed-value.ts';
import type { ValueReader } from './value-reader.ts';

const number = (reader: ValueReader): string => float8Text(reader.float64());

const point = (reader: ValueReader): string => `(${number(reader)},${number(reader)})`;

const points = (reader: ValueReader, count: number): string =>
  Array.from({ length: count }, () => point(reader)).join(',');

const bytesPerPoint = 16;

const path = (reader: ValueReader): string => {
  const closed = reader.uint8();
  if (closed > 1) throw new MalformedValue('not a path');
  const list = points(reader, reader.count(bytesPerPoint));
  return closed === 1 ? `(${list})` : `[${list}]`;
};

/** The geometric types (PostgreSQL manual, "Geometric Types"), by name in `pg_type`. */
export const geometryTexts: Readonly<Record<string, BinaryText>> = {
  point: fields(point),
  lseg: fields((reader) => `[${points(reader, 2)}]`),
  box: fields((reader) => points(reader, 2)),
  line: fields((reader) => `{${number(reader)},${number(reader)},${number(reader)}}`),
  path: fields(path),
  polygon: fields((reader) => `(${points(reader, reader.count(bytesPerPoint))})`),
  circle: fields((reader) => `<${point(reader)},${number(reader)}>`),
};
