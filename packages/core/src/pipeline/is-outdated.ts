import type { Relation } from '../model/relation.ts';

/** Types of users may go by other names in the log than in the catalog. */
const isOwn = (type: string): boolean => /[."]/.test(type);

const withoutModifier = (type: string): string => type.replace(/\([^)]*\)/, '');

/** Of a domain the log may not say length and precision. */
const isOther = (one: string, other: string): boolean => {
  if (one === other || isOwn(one) || isOwn(other)) return false;
  const [bare, otherBare] = [withoutModifier(one), withoutModifier(other)];
  return bare !== otherBare || (bare !== one && otherBare !== other);
};

/**
 * Whether changes of `logged` do not say the rows that `copied` describes: a column is missing, or was of another type.
 * More columns than were copied are none of its business.
 */
export const isOutdated = (logged: Relation, copied: Relation | undefined): boolean => {
  if (copied === undefined || logged === copied) return false;
  const types = new Map(logged.columns.map(({ name, native }) => [name, native]));
  return copied.columns.some(({ name, native, generated }) => {
    if (generated) return false;
    const type = types.get(name);
    return type === undefined || isOther(type, native);
  });
};
