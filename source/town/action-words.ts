import type { Effect } from '../../roles/role.ts';
import { safeLine } from '../common/text.ts';
import { commandWords } from '../ledger/command-words.ts';

/** What a role did, in words that stand before what it did it to; a command changed the ledger, an effect the world. */
export const actionWords = (type: string): string => EFFECT_WORDS[type as Effect['type']] ?? commandWords(type);

/** What was done, and to what: of a gate's run the repository is enough, for its reason says which gate and on which tree. */
export const deedOf = (type: string, id: string): { readonly what: string; readonly subject: string } => ({
  what: actionWords(type),
  subject: safeLine(type === 'gate.record' ? id.split(':', 1)[0]! : id),
});

/** The same of an effect, in one: of a Dog also which one it was. */
export const effectWords = (effect: Effect, subject: string): string => {
  if (effect.type !== 'dog.run') return `${actionWords(effect.type)} ${subject}`;
  return `${actionWords(effect.type)} ${effect.dog}${effect.rig === undefined ? '' : ` in ${effect.rig}`}`;
};

const EFFECT_WORDS: Readonly<Record<Effect['type'], string>> = {
  'session.launch': 'started a worker for',
  'session.interrupt': 'interrupted',
  'session.nudge': 'spoke to',
  'session.finish': 'ended',
  'session.collect': 'looked at the work of',
  'session.abandon': 'gave up',
  'gates.run': 'runs the gates of',
  'gates.stop': 'stopped the gates of',
  'guards.run': 'looks through',
  'chain.build': 'merges for testing',
  'radar.run': 'compares the branches of',
  'rig.refresh': 'looks at the target of',
  'dog.run': 'ran',
  land: 'lands',
};
