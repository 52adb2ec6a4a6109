export { LeakCheck } from './leak-check.ts';
export { openSockets } from './open-sockets.ts';
