const [commandQuit, commandQuery] = [0x01, 0x03] as const;
/** A payload this long goes on in the next packet (MySQL source documentation, "MySQL Packets"). */
const longestPacket = 0xff_ffff;

const packetOf = (payload: Buffer, sequence: number): Buffer => {
  const header = Buffer.allocUnsafe(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence & 0xff;
  return Buffer.concat([header, payload]);
};

/** The polite end of a connection. */
export const quitPacket: Buffer = packetOf(Buffer.of(commandQuit), 0);

/** Statements as a command, in as many packets as it takes; the last one is not full. */
export function* queryPackets(sql: string): Generator<Buffer> {
  const payload = Buffer.concat([Buffer.of(commandQuery), Buffer.from(sql)]);
  for (let start = 0, sequence = 0; ; start += longestPacket, sequence++) {
    const part = payload.subarray(start, start + longestPacket);
    yield packetOf(part, sequence);
    if (part.length < longestPacket) return;
  }
}
