/** How values travel: as text, or in the server's own binary form. */
export type Form = 'text' | 'binary';
