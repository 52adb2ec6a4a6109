import type { MillraceError } from '../errors/millrace-error.ts';

const limit = 20;

/** The newest errors of a stream, oldest first. */
export class RecentErrors {
  readonly all: MillraceError[] = [];

  /** `false`: it is the newest already. */
  add(error: MillraceError): boolean {
    if (this.all.at(-1) === error) return false;
    this.all.push(error);
    if (this.all.length > limit) this.all.shift();
    return true;
  }
}
