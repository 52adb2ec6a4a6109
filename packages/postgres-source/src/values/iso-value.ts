/** The shortest text of a point in time; the infinities are shorter. */
const shortest = '2000-01-01 00:00:00'.length;

const iso = (text: string, zone: string, isoZone: string): string => {
  const separator = text.indexOf(' ');
  if (text.length < shortest || separator < 0 || text.endsWith('BC')) return text;
  const known = zone !== '' && text.endsWith(zone);
  const end = known ? text.length - zone.length : text.length;
  return `${text.slice(0, separator)}T${text.slice(separator + 1, end)}${known ? isoZone : ''}`;
};

/**
 * `2026-01-02 03:04:05.123456` as ISO 8601. Years before Christ and infinities, which ISO cannot say, keep their
 * exact text.
 */
export const isoTimestamp = (text: string): string => iso(text, '', '');

/** The same with a time zone: in a session whose zone is UTC the text ends in `+00`, which becomes `Z`. */
export const isoTimestamptz = (text: string): string => iso(text, '+00', 'Z');
