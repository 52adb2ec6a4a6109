/**
 * The beginning of a query that knows `resolved(domain, type, modifier)`: for each domain the type that it is over in the
 * end, and the modifier that it gives to that (PostgreSQL manual, "pg_type").
 */
export const withResolvedDomains = `
  WITH RECURSIVE base(domain, type, modifier) AS (
    SELECT oid, typbasetype, typtypmod FROM pg_type WHERE typtype = 'd'
    UNION ALL
    SELECT b.domain, t.typbasetype, t.typtypmod FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
  ), resolved AS (
    SELECT b.domain, b.type, b.modifier FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype <> 'd'
  )`;
