/** Databases whose changes are logged, where only some are, and those whose are not. */
export interface LogFilters {
  readonly only: readonly string[];
  readonly not: readonly string[];
}

const names = (text: string | undefined): readonly string[] => (text ?? '').split(',').filter((name) => name !== '');

/** From what the server says of its log; without one there is nothing to filter. */
export const logFilters = ([row]: readonly Readonly<Record<string, string>>[]): LogFilters => ({
  only: names(row?.Binlog_Do_DB),
  not: names(row?.Binlog_Ignore_DB),
});

/** Whether changes of tables of this database are logged (with `binlog_format=ROW` the table's own counts). */
export const isLogged = ({ only, not }: LogFilters, database: string): boolean =>
  only.length > 0 ? only.includes(database) : !not.includes(database);
