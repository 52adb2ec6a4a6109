/** The least that any client has to do: a bare socket, and a count. */
import { readRawSocket } from './raw-socket-reader.ts';
import { readingProgram } from './reading-program.ts';

await readingProgram(readRawSocket);
