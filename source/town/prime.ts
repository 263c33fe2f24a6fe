import { primePrompt } from '../../roles/prompts/prime.ts';
import type { TownContext } from './context.ts';

/** What `gt prime` shows a polecat: its hook, why earlier work came back, mail, and how to report. */
export const primeText = (context: Pick<TownContext, 'ledger'>, polecat: string): string =>
  primePrompt(context.ledger.data, polecat);
