import { lengthAt, lengthSize } from './encoded-length.ts';

/** What the server said no with. */
export interface ServerRefusal {
  readonly errno: number;
  readonly sqlstate: string;
  readonly message: string;
}

/** What the server says of a statement that it has carried out. */
export interface Completion {
  /** Rows that were written or deleted, or met by an update; 0 for a statement that gives rows. */
  readonly affectedRows: number;
  readonly warnings: number;
  /** E.g. `Records: 3  Deleted: 0  Skipped: 0  Warnings: 0` of LOAD DATA; empty where there is nothing to say. */
  readonly info: string;
}

export const okMarker = 0x00;
/** The server asks for a file of the client's. */
export const fileMarker = 0xfb;
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

/** An OK packet (MySQL source documentation, "OK_Packet"), and the status behind it. */
export const parseCompletion = (payload: Buffer): Completion & { readonly status: number } => {
  const affectedRows = lengthAt(payload, 1);
  let at = 1 + lengthSize(payload, 1);
  at += lengthSize(payload, at); // the last AUTO_INCREMENT
  const [status, warnings] = [payload.readUInt16LE(at), payload.readUInt16LE(at + 2)];
  at += 4;
  // Servers put its length in front of the text, whatever the documentation says of sessions that track nothing.
  const info = at < payload.length ? payload.toString('utf8', at + lengthSize(payload, at)) : '';
  return { affectedRows, warnings, info, status };
};

/** An EOF packet behind the rows of a statement. */
export const parseEnd = (payload: Buffer): Completion & { readonly status: number } => ({
  affectedRows: 0,
  warnings: payload.readUInt16LE(1),
  info: '',
  status: payload.readUInt16LE(3),
});
