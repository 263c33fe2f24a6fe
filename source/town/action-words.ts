import { EFFECT_WORDS } from '../../roles/effect-words.ts';
import type { Effect } from '../../roles/role.ts';
import { safeLine } from '../common/text.ts';
import { commandWords, withoutObject } from '../ledger/command-words.ts';

/** What a command did, and to what: of a gate's run the repository is enough, for its reason says which gate and on which tree. */
export const deedOf = (type: string, id: string): { readonly what: string; readonly subject: string } => ({
  what: commandWords(type),
  subject: safeLine(type === 'gate.record' ? id.split(':', 1)[0]! : id),
});

/** What an effect did, and to what: of a Dog which one it was. Without a subject it is clear what it was done to. */
export const effectWords = (effect: Effect, subject?: string): string => {
  const { did } = EFFECT_WORDS[effect.type];
  if (effect.type === 'dog.run') return `${did} ${effect.dog}${effect.rig === undefined ? '' : ` in ${effect.rig}`}`;
  return subject === undefined ? withoutObject(did) : `${did} ${safeLine(subject)}`;
};
