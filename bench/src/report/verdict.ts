/** What one number is held against. */
export interface Aim {
  /** `at-least`: more is better; `at-most`: less is. */
  readonly better: 'at-least' | 'at-most';
  readonly target: number;
  /** What must not be missed even where the target is; `null`: nothing beyond the target. */
  readonly floor: number | null;
  /** Printed behind the numbers, e.g. `x` or ` ms`. */
  readonly unit: string;
}

/** One number beside what it should be. */
export interface Verdict {
  readonly scenario: string;
  /** What was divided by what, or what was measured. */
  readonly measure: string;
  /** `null`: it could not be measured. */
  readonly value: number | null;
  readonly aim: Aim;
}

/** How a number stands to its aim. */
export type Outcome = 'met' | 'missed, above the floor' | 'missed' | 'not measured';

const reaches = (value: number, limit: number, { better }: Aim): boolean =>
  better === 'at-least' ? value >= limit : value <= limit;

export const outcomeOf = ({ value, aim }: Verdict): Outcome => {
  if (value === null) return 'not measured';
  if (reaches(value, aim.target, aim)) return 'met';
  return aim.floor !== null && reaches(value, aim.floor, aim) ? 'missed, above the floor' : 'missed';
};

/** A verdict on a ratio that should be large: the other side's time divided by ours. */
export const ratioVerdict = (
  scenario: string,
  measure: string,
  value: number | null,
  [target, floor]: readonly [target: number, floor: number | null],
): Verdict => ({ scenario, measure, value, aim: { better: 'at-least', target, floor, unit: 'x' } });
