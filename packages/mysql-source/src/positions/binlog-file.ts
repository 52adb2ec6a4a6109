const fileName = /^(.*)\.(\d+)$/s;

/**
 * The order of two binlog files by their numbers, which may get a seventh digit: `binlog.999999` comes before
 * `binlog.1000000`. `null`: they are not of one series.
 */
export const compareFiles = (a: string, b: string): -1 | 0 | 1 | null => {
  if (a === b) return 0;
  const [, baseOfA, numberOfA] = fileName.exec(a) ?? [];
  const [, baseOfB, numberOfB] = fileName.exec(b) ?? [];
  if (baseOfA === undefined || numberOfA === undefined || numberOfB === undefined || baseOfA !== baseOfB) return null;
  const difference = BigInt(numberOfA) - BigInt(numberOfB);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
