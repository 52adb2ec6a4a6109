import { mysqlErrorOf } from '@millrace/mysql-client';

/** A text that is no value of a column, or that the server would make another value of. `reason` does not tell the value. */
export const rejectedValue = (reason: string): Error => mysqlErrorOf('VALUE_REJECTED', reason);
