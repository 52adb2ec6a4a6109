import type { EventBody } from './binlog-event.ts';
import { EventReader } from './event-reader.ts';
import { MalformedEvent } from './malformed-event.ts';

/** Of the logical timestamps that stand behind the number. */
const logicalTimestamps = 2;
const originalFollows = 0x80_0000_0000_0000;

/** Reads a GTID event of MySQL behind its header; `anonymous`: one that only has the times. */
export const readGtidEvent = (reader: EventReader, anonymous: boolean): EventBody<'gtid'> => {
  reader.skip(1);
  const uuid = readUuid(reader);
  const number = reader.uint64();
  return transaction(anonymous ? null : `${uuid}:${number}`, readCommitTime(reader));
};

/** 7 bytes of microseconds; where the transaction comes from another server, that one's follow. */
const readCommitTime = (reader: EventReader): number | null => {
  if (reader.left < 24 || reader.uint8() !== logicalTimestamps) return null;
  reader.skip(16);
  const immediate = readMicroseconds(reader);
  return toMilliseconds(immediate < originalFollows ? immediate : readMicroseconds(reader));
};

const readMicroseconds = (reader: EventReader): number => {
  const low = reader.uint48();
  return reader.uint8() * 0x1_0000_0000_0000 + low;
};

const toMilliseconds = (microseconds: number): number | null =>
  microseconds === 0 ? null : Math.floor(microseconds / 1_000);

/** Fields of a tagged GTID event, in ascending order; each may be absent. */
const tagged = { flags: 0, uuid: 1, number: 2, tag: 3, immediateCommit: 6, originalCommit: 7 };
const lastKnown = 11;
const longestTag = 32;

/** Reads a GTID event of MySQL 8.3 and later with a tag: one message of `mysql::serialization`. */
export const readTaggedGtidEvent = (event: EventReader): EventBody<'gtid'> => {
  const start = event.offset;
  if (event.varlenNumber() !== 1) throw new MalformedEvent('its serialization has an unknown version');
  const size = event.varlenNumber();
  const reader = event.part(size - (event.offset - start));
  if (reader.varlenNumber() > lastKnown + 1) throw new MalformedEvent('it has a field that may not be passed over');
  let uuid = '';
  let number = 0n;
  let tag = '';
  let immediate = 0;
  let original = 0;
  while (reader.left > 0) {
    const field = reader.varlenNumber();
    if (field === tagged.uuid) uuid = readVarlenUuid(reader);
    else if (field === tagged.number) number = reader.signedVarlen();
    else if (field === tagged.tag) tag = readTag(reader);
    else if (field === tagged.immediateCommit) immediate = reader.varlenNumber();
    else if (field === tagged.originalCommit) original = reader.varlenNumber();
    else if (field <= lastKnown) reader.varlen();
    else break;
  }
  if (uuid === '' || number < 1n) throw new MalformedEvent('it has no GTID');
  const source = tag === '' ? uuid : `${uuid}:${tag}`;
  return transaction(`${source}:${number}`, toMilliseconds(original === 0 ? immediate : original));
};

const transaction = (gtid: string | null, commitTime: number | null): EventBody<'gtid'> => ({
  kind: 'gtid',
  gtid,
  commitTime,
  standalone: false,
  withoutEffect: false,
  prepared: false,
});

export const readUuid = (reader: EventReader): string => {
  const hex = reader.view(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** 16 numbers, one for each byte. */
const readVarlenUuid = (reader: EventReader): string => {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => reader.varlenNumber()));
  return readUuid(new EventReader(bytes, 0, bytes.length));
};

export const readTag = (reader: EventReader): string => {
  const length = reader.varlenNumber();
  if (length > longestTag) throw new MalformedEvent(`a tag of ${length} bytes`);
  return reader.utf8(length);
};
