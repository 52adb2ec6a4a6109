/** What the server said no with. */
export interface ServerRefusal {
  readonly errno: number;
  readonly sqlstate: string;
  readonly message: string;
}

export const okMarker = 0x00;
export const endMarker = 0xfe;
export const errorMarker = 0xff;

/** An ERR packet (MySQL source documentation, "ERR_Packet"). */
export const parseRefusal = (payload: Buffer): ServerRefusal => {
  const errno = payload.readUInt16LE(1);
  const hasState = payload[3] === 0x23;
  return {
    errno,
    sqlstate: hasState ? payload.toString('latin1', 4, 9) : '',
    message: payload.toString('utf8', hasState ? 9 : 3),
  };
};
