import { expect, it } from 'vitest';
import { leftAt } from './timeline-history.ts';

const history = `1\t0/3000158\tno recovery target specified

# made by hand
 2\t1A/5000000\tbefore 2026-01-01 00:00:00+00
10\t1B/0\tno recovery target specified
`;

it('says where a timeline was left', () => {
  expect(leftAt(history, 1)).toBe(0x3000158n);
  expect(leftAt(history, 2)).toBe(0x1a05000000n);
  expect(leftAt(history, 10)).toBe(0x1b00000000n);
});

it('says nothing of timelines that are not in it', () => {
  expect(leftAt(history, 3)).toBeNull();
  expect(leftAt('', 1)).toBeNull();
});
