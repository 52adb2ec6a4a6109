/** Ends a write that nobody will finish, when the stream wants to end anyway: no failure of anything. */
export class GivenUp extends Error {}
