import { plural, timeOfDay } from '../../source/common/text.ts';
import { createEditor } from '../editor.ts';
import { boundIn, type CommandId, commandsIn, type KeyContext } from '../keymap.ts';
import { lockOf, markedIds, type ScreenContext, situationOf } from '../situation.ts';
import { type PaneId, QUIT_CHOICES, type ScreenState, topDialog } from '../state.ts';
import { keepDraft } from './forms.ts';
import { openPaletteWith } from './palette.ts';
import { type Action, closeDialog, openDialog, refuse, type Step, say, step, TYPE_AHEAD_MS } from './step.ts';

/** Where the person is, the nearest context first. */
export const contextsOf = (state: ScreenState): readonly KeyContext[] => {
  const dialog = topDialog(state);
  return dialog ? [dialog.kind, 'always'] : [state.focus, 'global', 'always'];
};

/** `?`: what works here, then what works everywhere. */
export const help: Action = (state, context) => {
  const [place, ...everywhere] = contextsOf(state);
  const own = commandsIn([place!], boundIn(context));
  // Whoever can attach from here has to know how to come back; there, `?` is the agent's.
  const attached = own.some(({ id }) => ATTACHING.has(id)) ? commandsIn(['attached'], boundIn(context)) : [];
  const here = [...own, ...attached];
  const others = commandsIn([place!, ...everywhere], boundIn(context)).slice(own.length);
  const entries = [...here, ...others].map(command => command.id);
  const { id } = situationOf(state, context);
  return step(
    openDialog(
      state,
      { kind: 'help', entries, here: here.length, index: 0, ...(id !== undefined && { about: id }) },
      context,
    ),
  );
};

const ATTACHING: ReadonlySet<CommandId> = new Set(['attach', 'decide-attach']);

export const palette: Action = (state, context) => step(openPaletteWith(state, context, ''));

/** `x`: what can be done with the selected row. */
export const actions: Action = (state, context) => {
  const situation = situationOf(state, context);
  const marked = markedIds(state, context).length;
  const contexts: readonly KeyContext[] = [situation.pane, 'global'];
  const entries = boundIn(context)
    .filter(c => c.acts && c.contexts.some(at => contexts.includes(at)))
    .map(c => c.id);
  return step(
    openDialog(
      state,
      {
        kind: 'menu',
        title: marked > 1 ? plural(marked, 'marked row') : (situation.id ?? 'Actions'),
        entries,
        index: 0,
        ...(situation.id !== undefined && { about: situation.id }),
      },
      context,
    ),
  );
};

/** `/` in a pane or the log: one line over the footer, applied while it is typed. */
export const openLine =
  (purpose: 'filter' | 'search'): Action =>
  (state, context) => {
    const pane: PaneId = purpose === 'search' ? 'log' : state.list;
    const before = (purpose === 'search' ? state.log.search : state.filter[pane]) ?? '';
    return step(openDialog(state, { kind: 'line', purpose, pane, editor: createEditor(before), before }, context));
  };

/** The text of the line is the filter or the search. */
export const applyLine = (
  state: ScreenState,
  { purpose, pane }: { purpose: 'filter' | 'search'; pane: PaneId },
  text: string,
): ScreenState => {
  if (purpose === 'filter') return { ...state, filter: { ...state.filter, [pane]: text } };
  const { match: _, ...log } = state.log;
  return { ...state, log: { ...log, search: text } };
};

export const explain: Action = (state, context) => {
  const { id } = situationOf(state, context);
  // Rows of roles and dogs carry their kind in front of the name.
  return id === undefined ? step(state) : openViewer(state, context, id.replace(/^(role|dog):/, ''));
};

/** All that is known of a record; it opens at once and fills when the answers come. */
export const openViewer = (state: ScreenState, context: ScreenContext, subject: string): Step => {
  const asksHistory = !isNoRecord(context, subject);
  const title = `Why ${subject}${state.time?.moment ? ', with what is known by now' : ''}`;
  const opened = openDialog(state, { kind: 'viewer', view: 'why', subject, title, asksHistory, scroll: 0 }, context);
  return step(opened, { type: 'load', serial: opened.serial, subject, history: asksHistory });
};

/** `@`: what was done and said here, the newest first, each line in full. */
export const messages: Action = (state, context) => {
  if (state.said.length === 0) return step(say(state, 'Nothing was said here yet.', { now: context.now }));
  const lines = state.said.toReversed().map(({ at, kind, text }) => `${timeOfDay(at)}  ${SAID[kind]}${text}`);
  const title = 'What was done and said here';
  return step(
    openDialog(
      state,
      { kind: 'viewer', view: 'said', subject: '', title, asksHistory: false, lines, scroll: 0 },
      context,
    ),
  );
};

const SAID = { info: '', good: '', error: 'refused or failed: ' } as const;

/** Roles, dogs and the machine are not in the ledger and have no history there. */
const isNoRecord = ({ view }: ScreenContext, subject: string): boolean =>
  subject.endsWith(':') || [...view.health.roles, ...view.health.dogs].some(({ name }) => name === subject);

export const quit: Action = (state, context) => step(openDialog(state, { kind: 'quit', index: 0 }, context));

/** Enter on a choice of the quit dialog. Anything but the default is guarded against type-ahead. */
export const acceptQuit: Action = (state, context) => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'quit') return step(state);
  const choice = QUIT_CHOICES[dialog.index]!;
  if (choice === 'cancel') return step(closeDialog(state));
  if (choice === 'stop' && context.now - dialog.shownAt < TYPE_AHEAD_MS)
    return refuse(state, 'That key came before this could be read. Look, then press it again.', context);
  const lock = choice === 'stop' ? lockOf(state, context) : undefined;
  if (lock) return refuse(state, lock, context);
  return step(state, { type: 'quit', how: choice });
};

/** Enter on a text. One that came before it could be read was meant for what stood here before. */
export const closeRead: Action = (state, context) => {
  const dialog = topDialog(state);
  return step(dialog && context.now - dialog.shownAt >= TYPE_AHEAD_MS ? closeDialog(state) : state);
};

/** Esc: one dialog back. A form keeps its text, a filter or search goes back to what it was. */
export const close: Action = (state, context) => {
  const dialog = topDialog(state);
  if (!dialog) return step(state);
  if (dialog.kind === 'line') return step(applyLine(closeDialog(state), dialog, dialog.before));
  if (dialog.kind !== 'form') return step(closeDialog(state));
  const kept = closeDialog(keepDraft(state, dialog));
  return step(
    !dialog.touched ? kept : say(kept, 'What you typed is kept: the same key opens it again.', { now: context.now }),
  );
};
