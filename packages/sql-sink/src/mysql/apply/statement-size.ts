import { qualifiedName } from '@millrace/core';
import { mysqlErrorOf } from '@millrace/mysql-client';
import type { TablePlan } from '../target/table-plan.ts';

/** The server counts the command, too. */
export const commandBytes = 1_024;

/** What stands around a statement among others. */
export const betweenBytes = 16;

/** Throws `VALUE_REJECTED` where a statement for a row has more bytes than the server takes: it would cut the connection. */
export const requireSendable = ({ relation }: TablePlan, bytes: number, most: number): void => {
  if (bytes <= most - commandBytes) return;
  const table = qualifiedName(relation);
  const enough = Math.min(2 ** 30, 2 ** Math.ceil(Math.log2(bytes + commandBytes)));
  throw mysqlErrorOf(
    'VALUE_REJECTED',
    `A row of ${table} takes ${bytes} bytes: the server takes ${most} in a statement`,
    {
      hint: `SET PERSIST max_allowed_packet = ${enough}; (MariaDB: SET GLOBAL)`,
      details: { table, bytes },
    },
  );
};
