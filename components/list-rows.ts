import { duration, fit, fitLeft } from '../source/common/text.ts';
import type { BeadRow, ConvoyRow, DogHealth, MergeRow, PolecatRow, RigRow, RoleHealth } from '../source/town/view.ts';
import type { Style, Theme } from './theme.ts';

/** One row before it is cut: plain text, so that its width is known, and how it looks. */
export interface Line {
  readonly text: string;
  readonly style?: Style;
}

/** A convoy with how far it is. */
export const convoyLine = (convoy: ConvoyRow, isFolded: boolean, { glyph, title }: Theme): Line => ({
  text: `${isFolded ? glyph.folded : glyph.open} ${convoy.title}  ${convoy.closed}/${convoy.beads.length} ${convoy.status}`,
  style: title,
});

/** A bead: where it stands, in a word, and what it waits for or who does it. */
export const beadLine = (bead: BeadRow, indent: string, theme: Theme): Line => {
  const { phase, priority, id, title, blockedBy, assignee } = bead;
  const tail = blockedBy.length > 0 ? `  after ${blockedBy.join(', ')}` : assignee ? `  by ${assignee}` : '';
  return line(
    `${indent}${beadGlyph(bead, theme)} ${fit(phase, 8)} P${priority} ${id}  ${title}${tail}`,
    beadStyle(bead, theme),
  );
};

/** A polecat: its state and since when, the bead on its hook, and the last line of its screen. */
export const polecatLine = (polecat: PolecatRow, at: number, theme: Theme): Line => {
  const { name, state, since, bead, beadTitle = '', doing } = polecat;
  const work = bead ? `${bead} ${beadTitle}` : '';
  const columns = [polecatGlyph(polecat, theme), fit(name, 10), fit(state, 11), fitLeft(duration(at - since), 7)];
  return line(`${columns.join(' ')}  ${work}${doing ? `  ${doing}` : ''}`, polecatStyle(polecat, theme));
};

/** A merge request: its place, its state and since when, and why it waits or how it ended. */
export const mergeLine = (merge: MergeRow, at: number, theme: Theme): Line => {
  const { position, held, state, since, title, why } = merge;
  const columns = [
    fitLeft(position === undefined ? '' : String(position), 2),
    fit(held ? 'held' : state, 10),
    fitLeft(duration(at - since), 7),
  ];
  return line(`${columns.join(' ')}  ${title}  ${why}`, mergeStyle(merge, theme));
};

/** A role: the plain word first, then the Gas Town word, then what it did last and why. */
export const roleLine = ({ ok, plain, name, lastAction, because }: RoleHealth, theme: Theme): Line =>
  line(
    `${sign(ok, theme)} ${fit(plain, 14)} ${fit(name, 10)} ${lastAction ?? 'nothing to do'}${because ? `: ${because}` : ''}`,
    ok ? undefined : theme.bad,
  );

/** A dog: what it is for, when it ran and what it found. */
export const dogLine = ({ ok, plain, name, lastRunAt, note }: DogHealth, at: number, theme: Theme): Line => {
  const ran = lastRunAt === undefined ? 'not run yet' : `${duration(at - lastRunAt)} ago`;
  return line(`${sign(ok, theme)} ${fit(plain, 14)} ${fit(name, 10)} ${ran}  ${note}`, ok ? theme.dim : theme.bad);
};

/** A repository: what lands there, under which rules, or what is wrong with it. */
export const rigLine = ({ id, branch, error, blocked, paused, policy, gates }: RigRow, theme: Theme): Line => {
  const trouble = error ?? blocked;
  const rules = paused ? 'merging is paused' : `policy ${policy}, gates ${gates.join(', ') || 'none'}`;
  return line(
    `${sign(!trouble, theme)} ${fit('repository', 14)} ${fit(id, 10)} ${branch}  ${trouble ?? rules}`,
    trouble ? theme.bad : undefined,
  );
};

const beadGlyph = ({ phase }: BeadRow, { glyph }: Theme): string => {
  if (phase === 'landed' || phase === 'closed') return glyph.ok;
  if (phase === 'parked') return glyph.fail;
  if (phase === 'working' || phase === 'merging') return glyph.on;
  return phase === 'waiting' || phase === 'queued' ? glyph.waiting : glyph.off;
};

const beadStyle = ({ phase }: BeadRow, theme: Theme): Style | undefined => {
  if (phase === 'landed' || phase === 'closed' || phase === 'blocked' || phase === 'deferred') return theme.dim;
  if (phase === 'parked') return theme.bad;
  if (phase === 'waiting') return theme.warn;
  return phase === 'working' || phase === 'merging' ? theme.good : undefined;
};

const isBroken = ({ state }: PolecatRow): boolean =>
  state === 'stalled' || state === 'failed' || state === 'quarantined';

const polecatGlyph = (polecat: PolecatRow, { glyph }: Theme): string => {
  if (isBroken(polecat)) return glyph.fail;
  if (polecat.state === 'waiting') return glyph.waiting;
  return polecat.state === 'idle' || polecat.state === 'slung' ? glyph.off : glyph.on;
};

const polecatStyle = (polecat: PolecatRow, theme: Theme): Style => {
  if (isBroken(polecat)) return theme.bad;
  if (polecat.state === 'waiting') return theme.warn;
  return polecat.state === 'idle' ? theme.dim : theme.good;
};

const mergeStyle = ({ state, needsApproval }: MergeRow, theme: Theme): Style | undefined => {
  if (state === 'bounced' || state === 'rejected') return theme.bad;
  if (state === 'landed') return theme.good;
  if (state === 'superseded') return theme.dim;
  return needsApproval ? theme.warn : undefined;
};

const sign = (ok: boolean, { glyph }: Theme): string => (ok ? glyph.ok : glyph.fail);

const line = (text: string, style: Style | undefined): Line => (style ? { text, style } : { text });
