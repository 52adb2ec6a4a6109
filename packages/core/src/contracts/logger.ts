import { callUser } from '../errors/call-user.ts';

/** A logger of pino's shape: the object first, then the message. */
export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export const silentLogger: Logger = { info() {}, warn() {}, error() {} };

/** A logger whose own faults do not disturb what logs. */
export const guarded = (logger: Logger): Logger => ({
  info: (details, message) => callUser(() => logger.info(details, message)),
  warn: (details, message) => callUser(() => logger.warn(details, message)),
  error: (details, message) => callUser(() => logger.error(details, message)),
});
