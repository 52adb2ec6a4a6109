import type { Scenario } from '../scenario.ts';
import { copy } from './copy.ts';
import { copyBesideLoad } from './copy-beside-load.ts';
import { copyLargeRows } from './copy-large-rows.ts';
import { copyToMariadb, copyToMysql } from './copy-to-mysql.ts';
import { delay } from './delay.ts';
import { deletes } from './deletes.ts';
import { inserts } from './inserts.ts';
import { manyColumns } from './many-columns.ts';
import { manyTables } from './many-tables.ts';
import { mariadbBacklogs } from './mariadb-backlog.ts';
import { mysqlBacklog } from './mysql-backlog.ts';
import { mariadbCopy, mysqlCopy } from './mysql-copy.ts';
import { mysqlRead } from './mysql-read.ts';
import { oneTransaction } from './one-transaction.ts';
import { read } from './read.ts';
import { sink } from './sink.ts';
import { smallTransactions } from './small-transactions.ts';
import { textKeys } from './text-keys.ts';
import { tpcb } from './tpcb.ts';
import { transform } from './transform.ts';
import { updates } from './updates.ts';
import { wideRows } from './wide-rows.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  read,
  inserts,
  transform,
  oneTransaction,
  smallTransactions,
  updates,
  deletes,
  tpcb,
  delay,
  manyTables,
  manyColumns,
  wideRows,
  textKeys,
  sink,
  copy,
  copyLargeRows,
  copyBesideLoad,
  mysqlRead,
  mysqlBacklog,
  mariadbCopy,
  mysqlCopy,
  copyToMysql,
  copyToMariadb,
  ...mariadbBacklogs,
];
