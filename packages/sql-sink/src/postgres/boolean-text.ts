/** Whether the server's text of a `boolean` says true; NULL does not. */
export const isTrue = (text: string | null): boolean => text === 't';
