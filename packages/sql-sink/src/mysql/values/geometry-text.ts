import { rejectedValue } from './rejected-value.ts';

/** Says in the kind of a geometry that the number of its reference system follows. */
const hasSrid = 0x20;

/**
 * The digits of the form in which the servers keep a geometry, of those of its extended well-known binary form: the number of
 * the reference system stands in front. Without bytes in the other order, which the servers would refuse.
 */
export const geometryText = (text: string): string => {
  const digits = text.startsWith('\\x') ? text.slice(2) : text;
  if (!digits.startsWith('01') || digits.length % 2 === 1 || /[^\da-f]/i.test(digits))
    throw rejectedValue('it is no geometry in its extended well-known binary form');
  const flags = Number.parseInt(digits.slice(8, 10), 16);
  if ((flags & hasSrid) === 0) return `00000000${digits}`;
  const kind = `${digits.slice(2, 8)}${(flags & ~hasSrid).toString(16).padStart(2, '0')}`;
  return `${digits.slice(10, 18)}01${kind}${digits.slice(18)}`;
};
