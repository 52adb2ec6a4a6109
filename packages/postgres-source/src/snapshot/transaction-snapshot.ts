/**
 * What one moment of the server looks like to a reader, as `pg_current_snapshot()` has it (PostgreSQL manual,
 * "Transaction ID and Snapshot Information Functions"). Ids are 64 bits wide.
 */
export interface TransactionSnapshot {
  /** Of it and everything behind it nothing is visible. */
  readonly xmax: bigint;
  /** What was in progress before it. */
  readonly running: ReadonlySet<bigint>;
}

/** `xmin:xmax:xip,xip,…` */
export const parseSnapshot = (text: string): TransactionSnapshot => {
  const [, xmax, running] = /^\d+:(\d+):((?:\d+(?:,\d+)*)?)$/.exec(text) ?? [];
  if (xmax === undefined || running === undefined) throw new TypeError('Not the text of a pg_snapshot');
  return { xmax: BigInt(xmax), running: new Set(running === '' ? [] : running.split(',').map(BigInt)) };
};

/** Whether what a transaction did is visible to the snapshot, if it was committed. */
export const hasEnded = (xid: bigint, { xmax, running }: TransactionSnapshot): boolean =>
  xid < xmax && !running.has(xid);

/** What had ended for `earlier` and has not ended for `later`: the log knew of a commit before readers saw it. */
export const notYetVisible = (earlier: TransactionSnapshot, later: TransactionSnapshot): readonly bigint[] => {
  const xids = [...later.running].filter((xid) => hasEnded(xid, earlier));
  for (let xid = later.xmax; xid < earlier.xmax; xid++) if (!earlier.running.has(xid)) xids.push(xid);
  return xids;
};

/**
 * The 64 bits behind the 32 bits that the log says: the one of that kind that is closest to what the server is at.
 * All ids in use lie within 2^31 of each other (PostgreSQL manual, "Preventing Transaction ID Wraparound Failures").
 */
export const fullXid = (xid: number, { xmax }: TransactionSnapshot): bigint =>
  xmax + BigInt.asIntN(32, BigInt(xid) - xmax);
