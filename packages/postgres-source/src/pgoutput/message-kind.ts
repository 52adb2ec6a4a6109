const messageKinds = {
  66: 'Begin',
  67: 'Commit',
  68: 'Delete',
  73: 'Insert',
  77: 'Message',
  79: 'Origin',
  82: 'Relation',
  84: 'Truncate',
  85: 'Update',
  89: 'Type',
} as const;

/** The messages of protocol version 1 (PostgreSQL manual, "Logical Replication Message Formats"). */
export type MessageKind = (typeof messageKinds)[keyof typeof messageKinds];

const byByte: Readonly<Record<number, MessageKind>> = messageKinds;

/** What the first byte of a message says it is. */
export const messageKind = (message: Buffer): MessageKind | undefined => byByte[message[0] ?? -1];
