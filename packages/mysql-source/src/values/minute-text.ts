import { paddedText } from './digit-text.ts';
import { droppedBy } from './temporal-text.ts';

/** How far the text of a moment reaches that says the minute: `2026-01-02 03:04:`. */
const minuteLength = 17;

/**
 * The texts of moments in the minute of the last one that was remembered. Most rows of a log are written within a minute of
 * the row before, so that only seconds and fractions have to be made.
 */
export class MinuteText {
  readonly #digits: number;
  readonly #suffix: string;
  readonly #wholeSecond: string;
  #before = '';
  /** Whatever tells minutes apart. */
  minute = Number.NaN;

  constructor(digits: number, suffix: string) {
    this.#digits = digits;
    this.#suffix = suffix;
    this.#wholeSecond = `${digits === 0 ? '' : `.${'0'.repeat(digits)}`}${suffix}`;
  }

  remember(minute: number, text: string): void {
    this.#before = text.slice(0, minuteLength);
    this.minute = minute;
  }

  /** `seconds`: below 60. */
  text(seconds: number, microseconds: number): string {
    const text = this.#before + paddedText(seconds, 2);
    const fraction = Math.floor(microseconds / droppedBy(this.#digits));
    return fraction === 0 ? text + this.#wholeSecond : `${text}.${paddedText(fraction, this.#digits)}${this.#suffix}`;
  }
}
