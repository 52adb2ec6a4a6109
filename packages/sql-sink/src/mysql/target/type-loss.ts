import { partsOf } from './bare-type.ts';

const isMoment = /^(?:datetime|timestamp)$/;
const isText = /^(?:varchar|(?:tiny|medium|long)?text)$/;

/**
 * Whether a column of type `target` keeps less than one of type `source`, also a type of MySQL, that a value may need: numbers and fractions of a
 * second would be rounded, spaces and zeros at the end cut off or added (invariant 5). What is only too long is refused by
 * the server.
 */
export const losesSilently = (source: string, target: string): boolean => {
  const [from, to] = [partsOf(source), partsOf(target)];
  switch (to.name) {
    case 'float':
      return to.first !== null || /^(?:double|decimal|int|bigint)$/.test(from.name);
    case 'double':
      return to.first !== null || /^(?:decimal|bigint)$/.test(from.name);
    case 'decimal':
      return /^(?:float|double)$/.test(from.name) || (from.name === 'decimal' && (from.second ?? 0) > (to.second ?? 0));
    case 'date':
      return isMoment.test(from.name);
    case 'datetime':
    case 'timestamp':
      return isMoment.test(from.name) && (to.first ?? 0) < (from.first ?? 0);
    case 'time':
      return from.name === 'time' && (to.first ?? 0) < (from.first ?? 0);
    case 'char':
      return isText.test(from.name);
    case 'binary':
      return (
        from.name.endsWith('blob') || from.name === 'varbinary' || (from.name === 'binary' && from.first !== to.first)
      );
    default:
      return false;
  }
};
