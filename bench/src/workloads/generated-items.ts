/** A statement that inserts the same items as the program that makes them in memory. */
export const generatedItems = (count: number): string => `INSERT INTO items
  SELECT n, (n % 1000)::int, ((n % 100000)::numeric / 100)::numeric(12,2), lpad(n::text, 40, '0'),
    timestamptz '2025-01-01 00:00:00Z' + n * interval '1 second',
    jsonb_build_object('number', n, 'label', 'item ' || n % 100, 'open', n % 2 = 0, 'state', 'new')
  FROM generate_series(1, ${count}) n`;
