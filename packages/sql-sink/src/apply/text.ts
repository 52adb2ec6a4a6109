/** A value as its canonical text; `null` is NULL. */
export type Text = string | null;
