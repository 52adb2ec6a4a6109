import type { ValueType } from '@millrace/core';
import { columnType } from '../binlog/column-type.ts';
import type { MappedColumn } from '../binlog/table-map.ts';
import { binaryJsonDecoder, textJsonDecoder } from '../json/json-value.ts';
import type { ColumnDefinition } from '../schema/table-definition.ts';
import { inet4Decoder, inet6Decoder, uuidDecoder } from '../values/address-value.ts';
import { bitDecoder } from '../values/bit-value.ts';
import { bytesDecoder, paddedBytesDecoder } from '../values/bytes-value.ts';
import { compressedDecoder } from '../values/compressed-value.ts';
import {
  dateDecoder,
  datetimeDecoder,
  oldDatetimeDecoder,
  oldTimeDecoder,
  oldTimestampDecoder,
  timeDecoder,
  timestampDecoder,
} from '../values/date-value.ts';
import { decimalDecoder } from '../values/decimal-value.ts';
import { type DeclaredType, declaredType } from '../values/declared-type.ts';
import { float4Decoder, float8Decoder } from '../values/float-value.ts';
import { geometryDecoder } from '../values/geometry-value.ts';
import { integerDecoder, yearDecoder } from '../values/integer-value.ts';
import { enumDecoder, type ListedValue, setDecoder } from '../values/list-value.ts';
import { oldDatetimeFraction, oldTimeFraction, oldTimestampFraction } from '../values/old-fraction-value.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import { vectorDecoder } from '../values/vector-value.ts';
import { putZeroDate, type ZeroDates } from '../values/zero-dates.ts';
import { ColumnMismatch } from './column-mismatch.ts';
import { listedValues } from './listed-values.ts';
import { textDecoderOf, textSize } from './text-column.ts';

/** What the values of a column are, and how they are read. */
export interface ColumnValues {
  readonly type: ValueType;
  readonly decoder: ValueDecoder;
  /** Of every value, where the log does not say it. */
  readonly size?: number;
}

const integers: Readonly<Record<number, { readonly name: string; readonly size: number }>> = {
  [columnType.tiny]: { name: 'tinyint', size: 1 },
  [columnType.short]: { name: 'smallint', size: 2 },
  [columnType.int24]: { name: 'mediumint', size: 3 },
  [columnType.long]: { name: 'int', size: 4 },
  [columnType.longLong]: { name: 'bigint', size: 8 },
};

const integerType = (size: number, unsigned: boolean): ValueType => {
  const bits = size * 8 + (unsigned ? 1 : 0);
  return bits <= 16 ? 'smallint' : bits <= 32 ? 'int' : 'bigint';
};

const geometries =
  /^(geometry|point|linestring|polygon|multipoint|multilinestring|multipolygon|geometrycollection|geomcollection)$/;

const isNamed = (declared: DeclaredType, ...names: readonly string[]): void => {
  if (!names.includes(declared.name)) throw new ColumnMismatch(`its type is not ${declared.name}`);
};

/** Throws unless the log gives a measure of the type that is the declared one. */
const isAs = (logged: number, known: number, what: string): void => {
  if (logged !== known) throw new ColumnMismatch(`it has ${logged} ${what}, not ${known}`);
};

/** Servers show characters beyond the basic plane as question marks where they are asked for a type. */
const certainValues = (mapped: MappedColumn, declared: readonly string[]): readonly ListedValue[] =>
  listedValues(mapped) ?? declared.map((value) => (value.includes('?') ? null : value));

const setSize = (values: number): number => (values > 32 ? 8 : Math.ceil(values / 8));

/**
 * How the values of a column are read: what the log says of it decides how they lie in rows, its definition what they
 * are. Throws `ColumnMismatch` where the two cannot be the same column, `UnreadableColumn` for a character set that is not
 * known here.
 */
export const columnValues = (
  mapped: MappedColumn,
  definition: ColumnDefinition,
  zeroDates: ZeroDates,
): ColumnValues => {
  const declared = declaredType(definition.type);
  if (declared === null) throw new ColumnMismatch('its definition names no type');
  const { metadata } = mapped;
  const { numbers, values, unsigned } = declared;
  if (mapped.unsigned !== undefined && mapped.unsigned !== unsigned && declared.name !== 'year')
    throw new ColumnMismatch(`it is ${mapped.unsigned ? '' : 'not '}unsigned`);
  const putZero = putZeroDate(zeroDates);
  const digits = numbers[0] ?? 0;
  switch (mapped.type) {
    case columnType.tiny:
    case columnType.short:
    case columnType.int24:
    case columnType.long:
    case columnType.longLong: {
      const { name = '', size = 0 } = integers[mapped.type] ?? {};
      isNamed(declared, name);
      return { type: integerType(size, unsigned), decoder: integerDecoder(size, unsigned) };
    }
    case columnType.year:
      isNamed(declared, 'year');
      return { type: 'smallint', decoder: yearDecoder };
    case columnType.float:
      isNamed(declared, 'float');
      return { type: 'float', decoder: float4Decoder };
    case columnType.double:
      isNamed(declared, 'double');
      return { type: 'float', decoder: float8Decoder };
    case columnType.newDecimal: {
      isNamed(declared, 'decimal');
      const [precision, scale] = [metadata >> 8, metadata & 0xff];
      isAs(precision, numbers[0] ?? 10, 'digits');
      isAs(scale, numbers[1] ?? 0, 'digits behind the point');
      return { type: 'decimal', decoder: decimalDecoder(precision, scale) };
    }
    case columnType.bit:
      isNamed(declared, 'bit');
      isAs(metadata, numbers[0] ?? 1, 'bits');
      return { type: 'other', decoder: bitDecoder(metadata) };
    case columnType.date:
    case columnType.newDate:
      isNamed(declared, 'date');
      return { type: 'date', decoder: dateDecoder(putZero) };
    case columnType.dateTime2:
    case columnType.timestamp2:
    case columnType.time2:
      isAs(metadata, digits, 'digits behind the second');
      return temporal(mapped.type, declared, metadata, putZero);
    case columnType.dateTime:
    case columnType.timestamp:
    case columnType.time:
      return digits === 0
        ? temporal(mapped.type, declared, null, putZero)
        : oldTemporal(mapped.type, declared, digits, putZero);
    case columnType.enum:
      isNamed(declared, 'enum');
      isAs(metadata, values.length < 256 ? 1 : 2, 'bytes');
      return { type: 'other', decoder: enumDecoder(certainValues(mapped, values)) };
    case columnType.set:
      isNamed(declared, 'set');
      isAs(metadata, setSize(values.length), 'bytes');
      return { type: 'other', decoder: setDecoder(certainValues(mapped, values)) };
    case columnType.json:
      isNamed(declared, 'json');
      return { type: 'json', decoder: binaryJsonDecoder };
    case columnType.geometry:
      if (!geometries.test(declared.name)) throw new ColumnMismatch(`its type is not ${declared.name}`);
      return { type: 'bytes', decoder: geometryDecoder };
    case columnType.vector:
      isNamed(declared, 'vector');
      return { type: 'other', decoder: vectorDecoder };
    default:
      return character(mapped, definition, declared);
  }
};

const temporal = (
  type: number,
  declared: DeclaredType,
  digits: number | null,
  putZero: ReturnType<typeof putZeroDate>,
): ColumnValues => {
  switch (type) {
    case columnType.dateTime:
    case columnType.dateTime2:
      isNamed(declared, 'datetime');
      return {
        type: 'timestamp',
        decoder: digits === null ? oldDatetimeDecoder(putZero) : datetimeDecoder(digits, putZero),
      };
    case columnType.timestamp:
    case columnType.timestamp2:
      isNamed(declared, 'timestamp');
      return {
        type: 'timestamptz',
        decoder: digits === null ? oldTimestampDecoder(putZero) : timestampDecoder(digits, putZero),
      };
    default:
      isNamed(declared, 'time');
      return { type: 'interval', decoder: digits === null ? oldTimeDecoder : timeDecoder(digits) };
  }
};

/** Fractions of a second in MariaDB's older form, of which the log says nothing. */
const oldTemporal = (
  type: number,
  declared: DeclaredType,
  digits: number,
  putZero: ReturnType<typeof putZeroDate>,
): ColumnValues => {
  if (digits > 6) throw new ColumnMismatch('it has more than 6 digits behind the second');
  switch (type) {
    case columnType.dateTime:
      isNamed(declared, 'datetime');
      return { type: 'timestamp', ...oldDatetimeFraction(digits, putZero) };
    case columnType.timestamp:
      isNamed(declared, 'timestamp');
      return { type: 'timestamptz', ...oldTimestampFraction(digits, putZero) };
    default:
      isNamed(declared, 'time');
      return { type: 'interval', ...oldTimeFraction(digits) };
  }
};

const character = (mapped: MappedColumn, definition: ColumnDefinition, declared: DeclaredType): ColumnValues => {
  const { size, isText } = textSize(mapped, definition, declared);
  isAs(mapped.metadata, size, 'bytes');
  const values: ColumnValues = isText
    ? { type: 'text', decoder: textDecoderOf(definition) }
    : declared.name === 'binary'
      ? { type: 'bytes', decoder: paddedBytesDecoder(size) }
      : (stored[declared.name] ?? { type: 'bytes', decoder: bytesDecoder });
  const isCompressed = mapped.type === columnType.blobCompressed || mapped.type === columnType.varcharCompressed;
  return isCompressed ? { ...values, decoder: compressedDecoder(values.decoder) } : values;
};

/** Types that MariaDB stores as bytes or text. */
const stored: Readonly<Record<string, ColumnValues>> = {
  json: { type: 'json', decoder: textJsonDecoder },
  uuid: { type: 'uuid', decoder: uuidDecoder },
  inet6: { type: 'other', decoder: inet6Decoder },
  inet4: { type: 'other', decoder: inet4Decoder },
  vector: { type: 'other', decoder: vectorDecoder },
};
