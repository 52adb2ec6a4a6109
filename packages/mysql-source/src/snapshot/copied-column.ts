import { quoteIdentifier } from '@millrace/mysql-client';
import { textJsonDecoder } from '../json/json-value.ts';
import { UnreadableColumn } from '../rows/column-mismatch.ts';
import { textDecoderOf } from '../rows/text-column.ts';
import type { ColumnDefinition } from '../schema/table-definition.ts';
import { bitDecoder } from '../values/bit-value.ts';
import { bytesDecoder } from '../values/bytes-value.ts';
import { isoTimestamp, isoTimestamptz } from '../values/date-value.ts';
import { declaredType } from '../values/declared-type.ts';
import { float4Text } from '../values/float-text.ts';
import { geometryDecoder } from '../values/geometry-value.ts';
import { printedDateDecoder, printedDecoder } from '../values/printed-value.ts';
import { textDecoder, type ValueDecoder } from '../values/value-decoder.ts';
import { vectorDecoder } from '../values/vector-value.ts';
import { putZeroDate, type ZeroDates } from '../values/zero-dates.ts';

/** How a column is selected, and how its values are read as a result without a character set has them. */
export interface CopiedColumn {
  /** SQL. */
  readonly expression: string;
  readonly decoder: ValueDecoder;
}

const printed = printedDecoder();
const printedNumber = printedDecoder(Number);
const printedBigint = printedDecoder(BigInt);

/** What the server prints of the same number as a DOUBLE. */
const floatDecoder = textDecoder(
  (bytes, start, end) => float4Text(Math.fround(Number(bytes.toString('latin1', start, end)))),
  Number,
);

/**
 * Values have the same texts as in the log. Throws `UnreadableColumn` for a type or character set that is not known here.
 */
export const copiedColumn = (definition: ColumnDefinition, zeroDates: ZeroDates): CopiedColumn => {
  const { name, type } = definition;
  const column = quoteIdentifier(name);
  const declared = declaredType(type);
  const isPadded = / zerofill\b/.test(type);
  const number = isPadded ? `${column} + 0` : column;
  switch (declared?.name) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
      return { expression: number, decoder: printedNumber };
    case 'int':
      return { expression: number, decoder: declared.unsigned ? printedBigint : printedNumber };
    case 'bigint':
      return { expression: number, decoder: printedBigint };
    case 'year':
      return { expression: column, decoder: printedNumber };
    case 'decimal':
      return { expression: number, decoder: printed };
    case 'float':
      // Not `+ 0e0`: a negative zero would lose its sign.
      return { expression: `${column} * 1e0`, decoder: floatDecoder };
    case 'double':
      // With a scale it would be printed with so many digits.
      return {
        expression: isPadded || declared.numbers.length > 0 ? `${column} * 1e0` : column,
        decoder: printedNumber,
      };
    case 'bit':
      return { expression: column, decoder: bitDecoder(declared.numbers[0] ?? 1) };
    case 'date':
      return { expression: column, decoder: printedDateDecoder(putZeroDate(zeroDates), '', (text) => text) };
    case 'datetime':
      return { expression: column, decoder: printedDateDecoder(putZeroDate(zeroDates), '', isoTimestamp) };
    case 'timestamp':
      return { expression: column, decoder: printedDateDecoder(putZeroDate(zeroDates), '+00', isoTimestamptz) };
    case 'time':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return { expression: column, decoder: printed };
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
    case 'enum':
    case 'set':
      return { expression: column, decoder: textDecoderOf(definition) };
    case 'json':
      return { expression: column, decoder: textJsonDecoder };
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return { expression: column, decoder: bytesDecoder };
    case 'geometry':
    case 'point':
    case 'linestring':
    case 'polygon':
    case 'multipoint':
    case 'multilinestring':
    case 'multipolygon':
    case 'geometrycollection':
    case 'geomcollection':
      return { expression: column, decoder: geometryDecoder };
    case 'vector':
      return { expression: column, decoder: vectorDecoder };
    default:
      throw new UnreadableColumn(`its type ${declared?.name} is not known`);
  }
};
