/**
 * True for the long form of the tests: `npm run test:long`. The short one, of `npm test`, plays of what is alike the cases
 * that went wrong most.
 */
export const LONG = Boolean(process.env.GASTOWN_LONG);
