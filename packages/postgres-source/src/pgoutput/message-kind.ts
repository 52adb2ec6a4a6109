/** The messages of protocol version 1 by their first byte (PostgreSQL manual, "Logical Replication Message Formats"). */
export const messageKind = {
  begin: 0x42,
  commit: 0x43,
  delete: 0x44,
  insert: 0x49,
  message: 0x4d,
  origin: 0x4f,
  relation: 0x52,
  truncate: 0x54,
  update: 0x55,
  type: 0x59,
} as const;

const names = new Map<number | undefined, string>(
  Object.entries(messageKind).map(([name, kind]) => [kind, name[0]?.toUpperCase() + name.slice(1)]),
);

/** What the manual calls a message, `unknown` when it has none that begins so. */
export const messageName = (kind: number | undefined): string => names.get(kind) ?? 'unknown';
