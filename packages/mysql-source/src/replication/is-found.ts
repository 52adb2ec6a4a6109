/** Places of a header's fields (MySQL source documentation, "Binlog Event header"). */
const typeAt = 4;
const nextAt = 13;

const rotate = 4;
const formatDescription = 15;
const previousGtids = 35;
const gtidList = 163;

/** Whether an event shows that the server has found where to begin: it sends some of a file's head before. */
export const isFound = (event: Buffer): boolean => {
  const type = event[typeAt];
  const isHead = type === rotate || type === formatDescription || type === previousGtids || type === gtidList;
  return !isHead && event.readUInt32LE(nextAt) !== 0;
};
