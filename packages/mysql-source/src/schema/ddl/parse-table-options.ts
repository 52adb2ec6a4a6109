import { parseCharsetName } from './parse-type.ts';
import type { CharsetSpec } from './statement.ts';
import type { TokenReader } from './token-reader.ts';

export const noCharset: CharsetSpec = { charset: null, collation: null };

/** Takes `[DEFAULT] CHARACTER SET x` or `[DEFAULT] COLLATE x`, if that is next. */
export const takeCharsetOption = (reader: TokenReader, charset: CharsetSpec): CharsetSpec | null => {
  const after = reader.at('DEFAULT') ? 1 : 0;
  const keyword = reader.peek(after)?.keyword ?? '';
  const two = (keyword === 'CHARACTER' || keyword === 'CHAR') && reader.peek(after + 1)?.keyword === 'SET';
  if (!two && keyword !== 'CHARSET' && keyword !== 'COLLATE') return null;
  for (let count = after + (two ? 2 : 1); count > 0; count--) reader.next();
  reader.takeSymbol('=');
  const name = parseCharsetName(reader);
  return keyword === 'COLLATE' ? { ...charset, collation: name } : { ...charset, charset: name };
};

/** Options of which the value is more than one word. */
const takeSpecialOption = (reader: TokenReader): boolean => {
  if (reader.take('DATA', 'DIRECTORY') || reader.take('INDEX', 'DIRECTORY')) {
    reader.takeSymbol('=');
    reader.string();
    return true;
  }
  if (reader.take('UNION')) {
    reader.takeSymbol('=');
    reader.skipParentheses();
    return true;
  }
  return false;
};

/** Options that are known to say nothing of columns, keys or rows. */
const plainOptions = new Set(
  `ENGINE TYPE AUTO_INCREMENT AUTOEXTEND_SIZE AVG_ROW_LENGTH CHECKSUM TABLE_CHECKSUM PAGE_CHECKSUM COMMENT COMPRESSION
  CONNECTION DELAY_KEY_WRITE ENCRYPTED ENCRYPTION ENCRYPTION_KEY_ID ENGINE_ATTRIBUTE IETF_QUOTES INSERT_METHOD
  KEY_BLOCK_SIZE MAX_ROWS MIN_ROWS PACK_KEYS PAGE_COMPRESSED PAGE_COMPRESSION_LEVEL PASSWORD ROW_FORMAT
  SECONDARY_ENGINE SECONDARY_ENGINE_ATTRIBUTE STATS_AUTO_RECALC STATS_PERSISTENT STATS_SAMPLE_PAGES TABLESPACE
  TRANSACTIONAL`.split(/\s+/),
);

/** Takes one option of a table, if one is next. */
export const takePlainOption = (reader: TokenReader): boolean => {
  if (takeSpecialOption(reader)) return true;
  const quoted = reader.peek()?.kind === 'name' && reader.atSymbol('=', 1);
  if (!quoted && !plainOptions.has(reader.peek()?.keyword ?? '')) return false;
  reader.next();
  reader.takeSymbol('=');
  if (reader.peek()?.kind === 'string') reader.string();
  else reader.next();
  reader.take('STORAGE', 'DISK');
  return true;
};
