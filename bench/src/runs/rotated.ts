/** The same values in the same order, but beginning with another one. */
export const rotated = <T>(values: readonly T[], by: number): readonly T[] => {
  const first = values.length === 0 ? 0 : by % values.length;
  return [...values.slice(first), ...values.slice(0, first)];
};
