import { GastownError, isGastownError } from '../common/errors.ts';
import { cut, safeLine } from '../common/text.ts';
import { NO_TEXT, textVersion } from '../common/text-version.ts';
import { type Actor, actorName } from '../ledger/commands.ts';
import { versionsOf } from '../ledger/past.ts';
import type { Bead, Convoy, LedgerData } from '../ledger/schema.ts';
import type { TownContext } from './context.ts';

type TextContext = Pick<TownContext, 'ledger' | 'paths' | 'execute'>;

/** Design and notes of a bead or a plan. */
export interface Texts {
  readonly kind: 'bead' | 'convoy';
  readonly id: string;
  readonly title: string;
  readonly rev: number;
  readonly design?: string;
  /** Names the design; whoever replaces it gives the one that they saw. */
  readonly version: string;
  readonly notes?: string;
}

/** Rejects with `not_found` when it is neither bead nor convoy. */
export const textsOf = (data: LedgerData, id: string): Texts => {
  const bead = data.beads.get(id);
  const record: Bead | Convoy | undefined = bead ?? data.convoys.get(id);
  if (!record) {
    throw new GastownError('not_found', `There is no bead and no plan "${safeLine(id)}".`, {
      hint: 'gastown status and convoys show ids.',
    });
  }
  const { title, rev, design, notes } = record;
  return {
    kind: bead ? 'bead' : 'convoy',
    id,
    title,
    rev,
    version: textVersion(design),
    ...(design && { design }),
    ...(notes && { notes }),
  };
};

/** Adds to the notes in the actor's name. */
export const addNote = async (
  context: TextContext,
  actor: Actor,
  { id, text }: { id: string; text: string },
): Promise<Texts> => {
  const { kind } = textsOf(context.ledger.data, id);
  await context.execute(actor, { type: `${kind}.note`, payload: { id, text } });
  return textsOf(context.ledger.data, id);
};

/** Replaces a design by one whose writer has seen it. Rejects with `conflict` and with what changed since otherwise. */
export const setDesign = async (
  context: TextContext,
  actor: Actor,
  { id, text, base = NO_TEXT }: { id: string; text: string; base?: string | undefined },
): Promise<Texts> => {
  const { kind, version } = textsOf(context.ledger.data, id);
  try {
    await context.execute(actor, { type: `${kind}.design`, payload: { id, text, base } });
  } catch (error) {
    if (!isGastownError(error, 'conflict') || version === base) throw error;
    throw new GastownError('conflict', [error.message, ...(await changeSince(context, { id, base }))].join('\n'), {
      ...(error.hint && { hint: error.hint }),
    });
  }
  return textsOf(context.ledger.data, id);
};

/** Lines of a change shown; the whole of it is in the history. */
const LINES_SHOWN = 12;
const LINE_COLUMNS = 160;

/** Who wrote the design that is there, when, and how it differs from the one that was seen. */
const changeSince = async (context: TextContext, { id, base }: { id: string; base: string }): Promise<string[]> => {
  const { kind, design = '' } = textsOf(context.ledger.data, id);
  await context.ledger.flush();
  const versions = await versionsOf(context.paths.ledger, { kind: kind === 'bead' ? 'beads' : 'convoys', id });
  const designs = versions.map(({ record }) => (record as Bead | Convoy).design ?? '');
  const first = designs.findIndex(text => text !== design);
  const change = versions[(first < 0 ? versions.length : first) - 1]?.change;
  const seen = designs.find(text => textVersion(text) === base);
  return [
    ...(change ? [`${actorName(change.actor)} wrote it at ${change.at}.`] : []),
    ...(seen === undefined ? ['No earlier version of it is the one that you name.'] : difference(seen, design)),
  ].map(line => cut(safeLine(line), LINE_COLUMNS));
};

/** Lines that only one of the two has. */
const difference = (before: string, after: string): string[] => {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const gone = old.filter(line => line.trim() !== '' && !now.includes(line)).map(line => `- ${line}`);
  const added = now.filter(line => line.trim() !== '' && !old.includes(line)).map(line => `+ ${line}`);
  const all = [...gone, ...added];
  const left = all.length - LINES_SHOWN;
  return [...all.slice(0, LINES_SHOWN), ...(left > 0 ? [`and ${left} lines more`] : [])];
};
