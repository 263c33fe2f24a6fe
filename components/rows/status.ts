import type { AgentActivity, BeadPhase, MergeRow, PolecatRow } from '../../source/town/view.ts';
import type { Style, Theme } from '../theme.ts';
import type { Piece } from './compose.ts';

/** A state as people see it: glyph, word and colour, so that none of the three is needed to tell it. */
export interface Status {
  readonly glyph: string;
  readonly word: string;
  readonly style: Style;
}

/** Glyph and word as one coloured piece of `width` columns. */
export const statusPiece = ({ glyph, word, style }: Status, width: number): Piece => ({
  text: `${glyph} ${word}`,
  style,
  width,
});

export const beadStatus = (phase: BeadPhase, theme: Theme): Status => {
  const { glyph } = theme;
  switch (phase) {
    case 'working':
    case 'merging':
      return { glyph: glyph.on, word: phase, style: theme.good };
    case 'ready':
      return { glyph: glyph.off, word: phase, style: theme.info };
    case 'queued':
      return { glyph: glyph.waiting, word: phase, style: theme.info };
    case 'waiting':
      return { glyph: glyph.waiting, word: phase, style: theme.warn };
    case 'parked':
      return { glyph: glyph.fail, word: phase, style: theme.bad };
    case 'landed':
      return { glyph: glyph.ok, word: phase, style: theme.good };
    case 'closed':
      return { glyph: glyph.ok, word: phase, style: theme.dim };
    default:
      return { glyph: glyph.off, word: phase, style: theme.dim };
  }
};

export const polecatStatus = ({ state }: Pick<PolecatRow, 'state'>, theme: Theme): Status => {
  const { glyph } = theme;
  switch (state) {
    case 'working':
      return { glyph: glyph.on, word: state, style: theme.good };
    case 'slung':
    case 'starting':
      return { glyph: glyph.waiting, word: state, style: theme.info };
    case 'waiting':
      return { glyph: glyph.waiting, word: state, style: theme.warn };
    case 'done':
      return { glyph: glyph.ok, word: state, style: theme.good };
    case 'idle':
      return { glyph: glyph.off, word: state, style: theme.dim };
    default:
      return { glyph: glyph.fail, word: state, style: theme.bad };
  }
};

/** What the agent itself does. */
export const activityStatus = ({ state }: AgentActivity, theme: Theme): Status => {
  const { glyph } = theme;
  switch (state) {
    case 'working':
      return { glyph: glyph.on, word: state, style: theme.good };
    case 'waiting':
    case 'limited':
      return { glyph: glyph.waiting, word: state, style: theme.warn };
    case 'failed':
      return { glyph: glyph.fail, word: state, style: theme.bad };
    case 'starting':
      return { glyph: glyph.waiting, word: state, style: theme.info };
    case 'idle':
      return { glyph: glyph.off, word: state, style: theme.info };
    case 'unknown':
      return { glyph: glyph.off, word: state, style: theme.warn };
  }
};

export const mergeStatus = ({ state, held, needsApproval }: MergeRow, theme: Theme): Status => {
  const { glyph } = theme;
  switch (state) {
    case 'landed':
      return { glyph: glyph.ok, word: state, style: theme.good };
    case 'bounced':
    case 'rejected':
      return { glyph: glyph.fail, word: state, style: theme.bad };
    case 'superseded':
      return { glyph: glyph.off, word: state, style: theme.dim };
    case 'testing':
    case 'landing':
      if (!held) return { glyph: glyph.on, word: state, style: theme.good };
      break;
    default:
  }
  if (held) return { glyph: glyph.waiting, word: 'held', style: theme.warn };
  if (needsApproval) return { glyph: glyph.waiting, word: 'approve?', style: theme.warn };
  return { glyph: glyph.off, word: state, style: theme.info };
};

/** What a gate said, as one glyph and its colour. */
export const gateStatus = (outcome: string, theme: Theme): Status => {
  const { glyph } = theme;
  if (outcome === 'pass') return { glyph: glyph.ok, word: 'pass', style: theme.good };
  if (outcome === 'fail') return { glyph: glyph.fail, word: 'fail', style: theme.bad };
  if (outcome === 'running') return { glyph: glyph.on, word: 'running', style: theme.info };
  if (outcome === 'unknown') return { glyph: glyph.off, word: 'not run', style: theme.dim };
  return { glyph: glyph.waiting, word: outcome === 'flaky_pass' ? 'flaky' : 'could not run', style: theme.warn };
};

/** Whether something is well, in a glyph and a word. */
export const healthStatus = (ok: boolean, theme: Theme, bad = 'late'): Status =>
  ok
    ? { glyph: theme.glyph.ok, word: 'ok', style: theme.good }
    : { glyph: theme.glyph.fail, word: bad, style: theme.bad };
