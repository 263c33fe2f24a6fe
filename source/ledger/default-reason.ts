import type { Actor } from './commands.ts';

/** Why a command was given that came without a reason. */
export const defaultReason = ({ role, name }: Actor): string => {
  if (role === 'operator') return 'The operator asked for it.';
  if (role === 'polecat') return `${name} asked for it.`;
  return `The ${role} does this as part of its routine.`;
};

/** The reason where it says more than who did it, which stands beside it already. */
export const tellingReason = (because: string | undefined): string | undefined =>
  because === undefined || SAYS_NOTHING.test(because) ? undefined : because;

/** Histories also hold reasons that named the command. */
const SAYS_NOTHING =
  /^The (?:operator (?:asked for (?:it|[a-z]+\.[a-zA-Z]+)|approved it|answered it|took back command \d+)|\w+ does this as part of its routine)\.$/;
