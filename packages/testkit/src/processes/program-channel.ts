/** A message between a test and a program it has started. */
export interface ProgramMessage {
  readonly name: string;
  readonly data?: unknown;
}

/** Narrows what comes out of an IPC channel. */
export const isProgramMessage = (value: unknown): value is ProgramMessage =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';

/**
 * In a program: sends a message to the test that started it, which waits for it with
 * `program.message(name)`. Resolves when the message has left, so that a program may exit after it.
 */
export function report(name: string, data?: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) return reject(new Error('This program was not started by a test'));
    const message: ProgramMessage = data === undefined ? { name } : { name, data };
    process.send(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** In a program: waits for the next message of this name, sent with `program.send(name, data)`, and gives its data. */
export function instruction(name: string): Promise<unknown> {
  return new Promise((resolve) => {
    const receive = (message: unknown) => {
      if (!isProgramMessage(message) || message.name !== name) return;
      process.off('message', receive);
      resolve(message.data);
    };
    process.on('message', receive);
  });
}
