import { createHash, randomInt, randomUUID } from 'node:crypto';

/** What a stream calls itself at the server, over all its connections. */
export interface ReplicaIdentity {
  /** No other replica of the server may have it. */
  readonly serverId: number;
  /** By this one MySQL knows a new connection of the same replica, and ends the old one. */
  readonly uuid: string;
  /** What `SHOW REPLICAS` says as its host, in at most 60 bytes. */
  readonly host: string;
}

/** Server ids that are not given lie between 2^30 and 2^31, where nobody who numbers servers by hand comes to. */
export const firstServerId = 2 ** 30;

/**
 * An identity that no other one has: the stream's id makes the upper half of the server id's 30 bits, so that operators
 * recognise it, and chance the lower one. To be kept as long as the source lives.
 */
export const createReplicaIdentity = (streamId: string, serverId?: number): ReplicaIdentity => {
  const uuid = randomUUID();
  const upper = createHash('sha256').update(streamId).digest().readUInt16BE() >> 1;
  return {
    serverId: serverId ?? firstServerId + upper * 2 ** 15 + randomInt(2 ** 15),
    uuid,
    host: `millrace ${streamId.replace(/[^\x21-\x7e]/g, '?').slice(0, 14)} ${uuid}`,
  };
};
