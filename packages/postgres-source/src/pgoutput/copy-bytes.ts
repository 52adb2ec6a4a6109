/** From here on byte copies in JavaScript cost more than a call into Node. */
const shortCopy = 32;

export const copyBytes = (source: Buffer, start: number, end: number, target: Buffer, at: number): void => {
  if (end - start > shortCopy) {
    source.copy(target, at, start, end);
    return;
  }
  const moved = at - start;
  for (let index = start; index < end; index++) target[index + moved] = source[index] ?? 0;
};
