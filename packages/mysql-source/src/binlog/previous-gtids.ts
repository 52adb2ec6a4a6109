import type { EventReader } from './event-reader.ts';
import { readTag, readUuid } from './gtid-events.ts';
import { MalformedEvent } from './malformed-event.ts';

const untaggedFormat = 0;
const taggedFormat = 1;

/** Reads a set of GTIDs of MySQL, in the text form of `gtid_executed`, that the rest of an event holds. */
export const readGtidSet = (reader: EventReader): string => {
  const head = reader.uint64();
  const format = Number(head >> 56n);
  if (format !== untaggedFormat && format !== taggedFormat)
    throw new MalformedEvent(`its set of GTIDs has the unknown format ${format}`);
  const isTagged = format === taggedFormat;
  let text = '';
  let last = '';
  for (let left = isTagged ? (head >> 8n) & 0xffff_ffff_ffffn : head; left > 0n; left--) {
    const uuid = readUuid(reader);
    const tag = isTagged ? readTag(reader) : '';
    if (uuid !== last) text += `${last === '' ? '' : ','}${uuid}`;
    last = uuid;
    text += `${tag === '' ? '' : `:${tag}`}${readIntervals(reader)}`;
  }
  if (reader.left !== 0) throw new MalformedEvent('bytes follow its set of GTIDs');
  return text;
};

const readIntervals = (reader: EventReader): string => {
  let text = '';
  for (let left = reader.uint64(); left > 0n; left--) {
    const start = reader.uint64();
    const last = reader.uint64() - 1n;
    text += start === last ? `:${start}` : `:${start}-${last}`;
  }
  return text;
};
