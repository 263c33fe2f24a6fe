import { linesInSight } from '../rows/log-rows.ts';
import { type ScreenContext, selectedId } from '../situation.ts';
import { type ScreenState, topDialog } from '../state.ts';
import { topOf } from './log.ts';
import { type Action, refuse, say, step } from './step.ts';

/** `y`: gives the terminal's clipboard what the person looks at. Whether it takes it, no program is told. */
export const copy: Action = (state, context) => {
  const found = lookedAt(state, context);
  if (!found) return refuse(state, 'There is nothing to copy here.', context);
  const said = say(
    state,
    `Copied ${found.what}. If nothing arrives, the terminal takes no OSC 52; within tmux: set -g set-clipboard on.`,
    {
      now: context.now,
    },
  );
  return step(said, { type: 'copy', text: found.text });
};

const lookedAt = (state: ScreenState, context: ScreenContext): { text: string; what: string } | undefined => {
  const dialog = topDialog(state);
  if (dialog?.kind === 'viewer') {
    if (dialog.forConfig !== undefined) return { text: dialog.forConfig, what: 'the lines for town.toml' };
    const lines = [...(dialog.lines ?? []), ...(dialog.history ?? [])];
    return lines.length > 0 ? { text: lines.join('\n'), what: 'what is shown' } : undefined;
  }
  if (state.focus === 'log') {
    const lines = linesInSight(state.log.lines, { top: topOf(state.log, context), height: context.pageRows('log') });
    return lines.length > 0 ? { text: lines.join('\n'), what: `${lines.length} lines` } : undefined;
  }
  const id = selectedId(state, context, state.list)?.replace(/^(role|dog):/, '');
  return id === undefined ? undefined : { text: id, what: id };
};
