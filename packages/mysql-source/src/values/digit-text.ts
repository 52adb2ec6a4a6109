const padded = [1, 2, 3].map((digits) =>
  Array.from({ length: 10 ** digits }, (_, number) => String(number).padStart(digits, '0')),
);

const group = (value: number, digits: number): string => padded[digits - 1]?.[value] ?? '';

/**
 * The text of `digits` digits, up to nine, of a number below ten to the power of `digits`, with zeros in front. It is put
 * together from texts that are there, which takes a fifth of the time of a call into Node.
 */
export const paddedText = (value: number, digits: number): string => {
  if (digits <= 3) return group(value, digits);
  const thousands = Math.floor(value / 1000);
  return paddedText(thousands, digits - 3) + group(value - thousands * 1000, 3);
};
