import { NotUnderstood } from '../ddl/not-understood.ts';
import type { CharsetSpec } from '../ddl/statement.ts';
import type { CharsetFacts, ServerFacts } from './server-facts.ts';

const charsetName = (name: string, facts: ServerFacts) => {
  if (name === 'national') return 'utf8mb3';
  return name === 'utf8' ? facts.utf8 : name;
};

const charsetFacts = (charset: string, facts: ServerFacts): CharsetFacts => {
  const found = facts.charsets[charset];
  if (found === undefined) throw new NotUnderstood(`character set ${charset}, which the server does not have`);
  return found;
};

/** Names of collations begin with that of their character set. */
export const charsetOf = (collation: string): string => collation.split('_')[0] as string;

export const maxBytesOf = (collation: string, facts: ServerFacts): number =>
  charsetFacts(charsetOf(collation), facts).maxBytes;

/** The collation that is meant where a character set, a collation, both or none are written. */
export const resolveCollation = (spec: CharsetSpec, inherited: string, facts: ServerFacts): string => {
  const charset = spec.charset === null ? null : charsetName(spec.charset, facts);
  if (spec.collation === null) return charset === null ? inherited : charsetFacts(charset, facts).defaultCollation;
  // MariaDB's newer collations are written without the character set that they are for.
  if (spec.collation.startsWith('uca1400_')) return `${charset ?? charsetOf(inherited)}_${spec.collation}`;
  if (spec.collation === 'binary') return 'binary';
  const [prefix, ...rest] = spec.collation.split('_');
  return [charsetName(prefix as string, facts), ...rest].join('_');
};
