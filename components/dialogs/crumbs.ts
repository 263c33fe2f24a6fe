import { textWidth } from '../../source/common/text.ts';
import type { Dialog, PaneId, ScreenState } from '../state.ts';

/** The way that led to the topmost dialog, and that Esc goes back: the pane, then the dialogs below it. */
export const crumbsOf = ({ focus, dialogs }: Pick<ScreenState, 'focus' | 'dialogs'>): readonly string[] => {
  const top = dialogs.at(-1);
  if (!top || top.kind === 'quit' || top.kind === 'palette') return [];
  return [PANE_NAMES[focus], ...dialogs.slice(0, -1).map(nameOf)];
};

/** As much of the way as there is room for, the nearest last: `… › Needs you › `. */
export const crumbText = (crumbs: readonly string[], columns: number): string => {
  for (let from = 0; from < crumbs.length; from++) {
    const text = [...(from > 0 ? ['…'] : []), ...crumbs.slice(from), ''].join(' › ');
    if (textWidth(text) <= columns) return text;
  }
  return '';
};

const PANE_NAMES: Readonly<Record<PaneId, string>> = {
  plan: 'Plan',
  polecats: 'Polecats',
  refinery: 'Refinery',
  health: 'Health',
  log: 'Log',
  detail: 'Detail',
};

const nameOf = (dialog: Dialog): string => {
  switch (dialog.kind) {
    case 'decide':
      return 'Needs you';
    case 'review':
      return `Review ${dialog.merge}`;
    case 'viewer':
    case 'menu':
    case 'form':
    case 'confirm':
      return dialog.title;
    case 'help':
      return 'Keys';
    case 'palette':
      return 'Command';
    case 'sources':
      return 'Whose log';
    case 'doctor':
      return 'Key doctor';
    case 'line':
      return dialog.purpose === 'filter' ? 'Filter' : 'Search';
    case 'quit':
      return 'Leave';
  }
};
