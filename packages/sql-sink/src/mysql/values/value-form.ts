import type { Column } from '@millrace/core';
import { partsOf } from '../target/bare-type.ts';
import type { TargetColumn } from '../target/target-table.ts';
import { bytesForm, unhex } from './bytes-form.ts';
import { binary, checkedForm, hexadecimal, plain, quoted } from './checked-form.ts';
import { geometryText } from './geometry-text.ts';
import { listForm } from './list-form.ts';
import { bitText, booleanText, decimalText, floatText, textLike, yearText } from './number-text.ts';
import { plainDate, plainDatetime, plainDecimal, plainTime, plainUuid } from './plain-bytes.ts';
import { dateText, datetimeText, timeText } from './temporal-text.ts';
import { textForm } from './text-form.ts';
import { vectorText } from './vector-text.ts';

/**
 * How texts of a source's column reach a column of the target, exactly. Every way throws `VALUE_REJECTED`, with the reason alone, for a
 * text that is no value of the column although the server would make one of it.
 */
export interface ValueForm {
  /** An SQL constant. */
  literal(text: string): string;
  /**
   * The same of a text in UTF-8, into a buffer that has room for `mostBytes` of its length; gives the end of what was
   * written.
   */
  writeLiteral(source: Buffer, start: number, end: number, target: Buffer, at: number): number;
  /**
   * As a field of `LOAD DATA … CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n'`; otherwise as
   * `writeLiteral`.
   */
  writeField(source: Buffer, start: number, end: number, target: Buffer, at: number): number;
  /** The most bytes that a text of so many becomes, in whichever way it is written. */
  mostBytes(length: number): number;
  /** What LOAD DATA sets the column to, of a variable that holds the field; `null`: the field is the value. */
  readonly loaded: ((variable: string) => string) | null;
}

const asNumber = (variable: string): string => `CAST(${variable} AS UNSIGNED)`;
const ofDigits = (variable: string): string => `CAST(CONV(${variable}, 2, 10) AS UNSIGNED)`;

/** Of the longest integer. */
const integer = decimalText(20, 0);

/** What truncated texts with spaces at their end are: as long as the column, without a word. */
const bytesOfText: Readonly<Record<string, number>> = { tinytext: 255, text: 65_535, mediumtext: 16_777_215 };

const binaryTypes = /^(?:(?:var)?binary|(?:tiny|medium|long)?blob)$/;
const geometryTypes = /^(?:geometry|(?:multi)?(?:point|linestring|polygon)|geom(?:etry)?collection)$/;

const numeric = (check: (text: string) => string, { type }: Column): ((text: string) => string) =>
  type === 'boolean' ? (text) => check(booleanText(text)) : check;

/** How texts of `source`, a column of any source, reach the column of the target. */
export const valueForm = (source: Column, { dataType, type }: Pick<TargetColumn, 'dataType' | 'type'>): ValueForm => {
  const { first, second } = partsOf(type);
  switch (dataType) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      return checkedForm({ check: numeric(integer, source), constant: plain, plainBytes: plainDecimal(18, 0) });
    case 'decimal': {
      const [precision, scale] = [first ?? 10, second ?? 0];
      const check = numeric(decimalText(precision, scale), source);
      return checkedForm({ check, constant: plain, plainBytes: plainDecimal(precision - scale, scale) });
    }
    case 'float':
    case 'double':
      return checkedForm({ check: numeric(floatText(dataType), source), constant: plain });
    case 'bit':
      return source.type === 'other'
        ? checkedForm({ check: bitText, constant: binary, loaded: ofDigits })
        : checkedForm({ check: numeric(integer, source), constant: plain, loaded: asNumber });
    case 'year':
      return checkedForm({ check: yearText, constant: quoted });
    case 'date':
      return checkedForm({ check: dateText, constant: quoted, plainBytes: plainDate });
    case 'datetime':
    case 'timestamp':
      return checkedForm({ check: datetimeText(first ?? 0), constant: quoted, plainBytes: plainDatetime(first ?? 0) });
    case 'time':
      return checkedForm({ check: timeText(first ?? 0), constant: quoted, plainBytes: plainTime(first ?? 0) });
    case 'vector':
      return checkedForm({ check: vectorText, constant: hexadecimal, loaded: unhex });
    case 'enum':
    case 'set':
      return listForm(dataType, type);
    case 'char':
    case 'varchar':
      return source.type === 'uuid'
        ? checkedForm({ check: uuidText, constant: quoted, plainBytes: plainUuid })
        : textForm({ characters: first ?? 1 });
    default:
      break;
  }
  if (geometryTypes.test(dataType)) return checkedForm({ check: geometryText, constant: hexadecimal, loaded: unhex });
  if (binaryTypes.test(dataType) && source.type === 'bytes') return bytesForm;
  const bytes = bytesOfText[dataType];
  return textForm(bytes === undefined ? null : { bytes });
};

const uuidForm = textLike(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i, 'it is no UUID');
const uuidText = (text: string): string => uuidForm(text).toLowerCase();
