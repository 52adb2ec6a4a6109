import { NotUnderstood } from '../ddl/not-understood.ts';
import type { CharsetSpec } from '../ddl/statement.ts';
import type { CharsetSettings, SchemaSettings } from './schema-settings.ts';

const charsetName = (name: string, settings: SchemaSettings) => {
  if (name === 'national') return 'utf8mb3';
  return name === 'utf8' ? settings.utf8 : name;
};

const charsetSettings = (charset: string, settings: SchemaSettings): CharsetSettings => {
  const found = settings.charsets[charset];
  if (found === undefined) throw new NotUnderstood(`character set ${charset}, which the server does not have`);
  return found;
};

/** Names of collations begin with that of their character set. */
export const charsetOf = (collation: string): string => collation.split('_')[0] as string;

export const maxBytesOf = (collation: string, settings: SchemaSettings): number =>
  charsetSettings(charsetOf(collation), settings).maxBytes;

/** The collation that is meant where a character set, a collation, both or none are written. */
export const resolveCollation = (spec: CharsetSpec, inherited: string, settings: SchemaSettings): string => {
  const charset = spec.charset === null ? null : charsetName(spec.charset, settings);
  if (spec.collation === null)
    return charset === null ? inherited : charsetSettings(charset, settings).defaultCollation;
  // MariaDB's newer collations are written without the character set that they are for.
  if (spec.collation.startsWith('uca1400_')) return `${charset ?? charsetOf(inherited)}_${spec.collation}`;
  if (spec.collation === 'binary') return 'binary';
  const [prefix, ...rest] = spec.collation.split('_');
  return [charsetName(prefix as string, settings), ...rest].join('_');
};
