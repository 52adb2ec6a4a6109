/** The parts of a type name: `numeric(10,2)[]` is `numeric`, `[10, 2]`, and an array. */
const parse = (type: string) => {
  const match = /^(.*?)(?:\((\d+)(?:,\s*(-?\d+))?\))?((?: with(?:out)? time zone)?)((?:\[\])*)$/.exec(type);
  const [, name = type, first, second, zone = '', array = ''] = match ?? [];
  return {
    name: `${name}${zone}${array}`,
    base: `${name}${zone}`,
    first: first === undefined ? null : Number(first),
    second: second === undefined ? null : Number(second),
  };
};

/** Digits of a second's fraction that a type without a precision keeps. */
const microseconds = 6;

/**
 * Whether a column of type `target` keeps less than one of type `source` without an error: PostgreSQL rounds numbers
 * and fractions of a second to fit, while text that is too long is refused (invariant 5).
 */
export const losesSilently = (source: string, target: string): boolean => {
  const [from, to] = [parse(source), parse(target)];
  const isFloat = /^(real|double precision)$/;
  const isTime = /^(timestamp|time) /;
  if (to.base === 'real') return /^(double precision|numeric|bigint|integer)$/.test(from.base);
  if (to.base === 'double precision') return /^(numeric|bigint)$/.test(from.base);
  if (to.base === 'numeric' && to.first !== null) {
    if (from.base === 'numeric') return from.first === null || (from.second ?? 0) > (to.second ?? 0);
    return isFloat.test(from.base);
  }
  if (isTime.test(from.base) && isTime.test(to.base))
    return (
      (to.first ?? microseconds) < (from.first ?? microseconds) ||
      (from.base.startsWith('timestamp') && to.base.startsWith('time '))
    );
  return from.base.startsWith('timestamp') && to.base === 'date';
};
