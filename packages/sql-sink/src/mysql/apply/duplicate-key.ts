/** ER_DUP_ENTRY: a row holds a value already that may be there only once. */
export const duplicateKey = 1062;
