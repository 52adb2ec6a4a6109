/**
 * `application_name` of every connection of a stream. It is how a stream knows its own connections again, in this
 * process or another one, when it has to take over from them. At most 63 bytes are kept by the server.
 */
export const applicationName = (streamId: string): string => `millrace ${streamId}`;
