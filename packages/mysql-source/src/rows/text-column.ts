import { columnType } from '../binlog/column-type.ts';
import type { MappedColumn } from '../binlog/table-map.ts';
import { characterSetDecoder } from '../charsets/character-set.ts';
import { characterSetOf, collationName, longestCharacter } from '../charsets/collations.ts';
import type { ColumnDefinition } from '../schema/table-definition.ts';
import type { DeclaredType } from '../values/declared-type.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import { ColumnMismatch, UnreadableColumn } from './column-mismatch.ts';

/** How the log has the types that are stored as text or bytes. */
const loggedAs = {
  string: [columnType.string],
  varying: [columnType.varchar, columnType.varString, columnType.varcharCompressed],
  blob: [columnType.blob, columnType.blobCompressed, columnType.tinyBlob, columnType.mediumBlob, columnType.longBlob],
} as const satisfies Record<string, readonly number[]>;

interface TextType {
  readonly form: keyof typeof loggedAs;
  readonly isText: boolean;
  /** Bytes of the length of a BLOB or TEXT, or of every value. */
  readonly size?: number;
}

const types: Readonly<Record<string, TextType>> = {
  char: { form: 'string', isText: true },
  binary: { form: 'string', isText: false },
  uuid: { form: 'string', isText: false, size: 16 },
  inet6: { form: 'string', isText: false, size: 16 },
  inet4: { form: 'string', isText: false, size: 4 },
  varchar: { form: 'varying', isText: true },
  varbinary: { form: 'varying', isText: false },
  vector: { form: 'varying', isText: false },
  tinytext: { form: 'blob', isText: true, size: 1 },
  text: { form: 'blob', isText: true, size: 2 },
  mediumtext: { form: 'blob', isText: true, size: 3 },
  longtext: { form: 'blob', isText: true, size: 4 },
  json: { form: 'blob', isText: false, size: 4 },
  tinyblob: { form: 'blob', isText: false, size: 1 },
  blob: { form: 'blob', isText: false, size: 2 },
  mediumblob: { form: 'blob', isText: false, size: 3 },
  longblob: { form: 'blob', isText: false, size: 4 },
};

const characterSet = ({ collation }: ColumnDefinition): string => {
  if (collation === null) throw new ColumnMismatch('its definition says no collation');
  return characterSetOf(collation);
};

/** What the metadata of such a column has to be. Throws `ColumnMismatch` where the log has another form of type. */
export const textSize = (
  { type, collation }: MappedColumn,
  definition: ColumnDefinition,
  { name, numbers }: DeclaredType,
): { readonly size: number; readonly isText: boolean } => {
  const known = types[name];
  const forms: readonly number[] = known === undefined ? [] : loggedAs[known.form];
  if (known === undefined || !forms.includes(type)) throw new ColumnMismatch(`its type is not ${name}`);
  const { isText } = known;
  const set = isText ? characterSet(definition) : 'binary';
  if (collation !== undefined && name !== 'json' && characterSetOf(collationName(collation) ?? '') !== set)
    throw new ColumnMismatch(`its character set is not ${set}`);
  const unit = name === 'vector' ? 4 : longestCharacter(set);
  // A byte says how a compressed value is.
  const more = type === columnType.varcharCompressed ? 1 : 0;
  return { size: known.size ?? (numbers[0] ?? 1) * unit + more, isText };
};

/** Throws `UnreadableColumn` for a character set that is not known here. */
export const textDecoderOf = (definition: ColumnDefinition): ValueDecoder => {
  const set = characterSet(definition);
  const decoder = characterSetDecoder(set);
  if (decoder === undefined)
    throw new UnreadableColumn(`text in the character set ${set} cannot be read with certainty`);
  return decoder;
};
