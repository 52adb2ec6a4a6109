import type { AlterClause } from './statement.ts';
import type { TokenReader } from './token-reader.ts';

/** Skips what is left and belongs to the partitions of a table. A SELECT behind them is not understood. */
export const skipPartitions = (reader: TokenReader): void => {
  while (!reader.ended && !reader.at('START', 'TRANSACTION')) {
    if (reader.at('SELECT') || reader.at('AS') || reader.at('WITH') || reader.at('SYSTEM_TIME'))
      reader.fail('what is selected, or versions of rows, behind partitions');
    if (reader.atSymbol('(')) reader.skipParentheses();
    else reader.next();
  }
};

/** What an ALTER TABLE does to partitions. Those that move rows between them change none. */
export const takePartitionClause = (reader: TokenReader): readonly AlterClause[] | null => {
  const rows = (reason: string): readonly AlterClause[] => [{ kind: 'rewrite-rows', reason }];
  if (reader.take('PARTITION', 'BY') || reader.take('ADD', 'PARTITION')) {
    skipPartitions(reader);
    return [];
  }
  if (reader.take('REMOVE', 'PARTITIONING')) return [];
  for (const kept of ['REORGANIZE', 'COALESCE', 'REBUILD', 'OPTIMIZE', 'ANALYZE', 'CHECK', 'REPAIR'])
    if (reader.take(kept, 'PARTITION')) {
      skipPartitions(reader);
      return [];
    }
  if (reader.take('EXCHANGE', 'PARTITION')) {
    reader.name();
    reader.expect('WITH', 'TABLE');
    const table = reader.tableName();
    return [{ kind: 'exchange-partition', with: table }];
  }
  if (reader.take('DROP', 'PARTITION')) return rows(takePartitionNames(reader, 'a partition was dropped'));
  if (reader.take('TRUNCATE', 'PARTITION')) return rows(takePartitionNames(reader, 'a partition was emptied'));
  for (const change of ['DISCARD', 'IMPORT']) {
    if (reader.take(change, 'TABLESPACE')) return rows('its file was exchanged');
    if (reader.take(change, 'PARTITION')) {
      takePartitionNames(reader, '');
      reader.take('TABLESPACE');
      return rows('the file of a partition was exchanged');
    }
  }
  return null;
};

const takePartitionNames = (reader: TokenReader, reason: string): string => {
  reader.take('IF', 'EXISTS');
  do reader.name();
  while (reader.takeSymbol(','));
  return reason;
};
