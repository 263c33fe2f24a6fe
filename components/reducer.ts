import type { LogSource, Outcome, PastMoment, Review, UndoOffer } from '../source/town/view.ts';
import { accept, toggleButton } from './actions/accept.ts';
import { lookForTerminal } from './actions/attaching.ts';
import * as copy from './actions/copy.ts';
import * as decide from './actions/decide.ts';
import * as dialogs from './actions/dialogs.ts';
import * as forms from './actions/forms.ts';
import { openKeyDoctor, tellKeyDoctor } from './actions/key-doctor.ts';
import { recallLine } from './actions/line.ts';
import * as log from './actions/log.ts';
import * as marks from './actions/marks.ts';
import { move, turnPane } from './actions/move.ts';
import * as palette from './actions/palette.ts';
import * as review from './actions/review.ts';
import { rowHindrance } from './actions/row-hold.ts';
import * as sort from './actions/sort.ts';
import {
  type Action,
  changeDialog,
  type Given,
  isUnseen,
  refuse,
  type Step,
  say,
  step,
  withoutFlash,
} from './actions/step.ts';
import * as time from './actions/time.ts';
import * as town from './actions/town.ts';
import { chooseValue, isWord, typeKey, typeText } from './actions/typing.ts';
import * as undo from './actions/undo.ts';
import * as view from './actions/view.ts';
import { availability, boundIn, type CommandId, commandById, commandForKey, withKeys } from './keymap.ts';
import type { Preview } from './preview.ts';
import { type ScreenContext, situationOf } from './situation.ts';
import { modeOf, type ScreenState, topDialog } from './state.ts';

/** All that can happen to a screen. */
export type ScreenEvent =
  | { readonly type: 'key'; readonly name: string }
  | { readonly type: 'paste'; readonly text: string }
  | {
      readonly type: 'outcome';
      readonly ok: boolean;
      readonly message: string;
      readonly dialog?: number;
      readonly draft?: string;
    }
  | {
      readonly type: 'loaded';
      readonly serial: number;
      readonly lines?: readonly string[];
      readonly history?: readonly string[];
    }
  | { readonly type: 'reviewed'; readonly serial: number; readonly result: Review | Outcome }
  | { readonly type: 'offered'; readonly serial: number; readonly result: UndoOffer | Outcome }
  | { readonly type: 'arrived'; readonly serial: number; readonly result: PastMoment | Outcome }
  | { readonly type: 'lines'; readonly source: LogSource; readonly lines: readonly string[] }
  | { readonly type: 'previewed'; readonly preview: Preview }
  /** The town was looked at again. */
  | { readonly type: 'looked' }
  | { readonly type: 'selectBead'; readonly id: string }
  | { readonly type: 'flashEnded'; readonly at: number };

/** Ms after which a flash line that is no error clears itself (k9s: 6 s). */
export const FLASH_MS = 6_000;

/**
 * What a screen becomes, and what it wants done, when something happens to it. Pure: everything else it may know is in
 * the context.
 */
export const reduce = (state: ScreenState, event: ScreenEvent, context: ScreenContext): Step => {
  switch (event.type) {
    case 'key':
      return pressKey(withoutSeenError(state, context), event.name, context);
    case 'paste':
      return paste(withoutSeenError(state, context), event.text, context);
    case 'outcome':
      return settle(state, event, context);
    case 'loaded':
      return step(fillViewer(state, event));
    case 'reviewed':
      return step(review.receiveReview(state, event, context));
    case 'offered':
      return undo.receiveOffer(state, event, context);
    case 'arrived':
      return time.arrive(state, event, context);
    case 'lines':
      return step(state.time?.moment ? state : log.receiveLines(state, event.source, event.lines));
    case 'previewed':
      return step({ ...state, preview: event.preview });
    case 'looked':
      return lookForTerminal(state, context);
    case 'selectBead':
      return step({ ...state, selected: { ...state.selected, plan: { id: event.id, index: 0 } } });
    case 'flashEnded':
      return step(
        state.flash && state.flash.at === event.at && state.flash.kind !== 'error' ? withoutFlash(state) : state,
      );
  }
};

/** Runs a command by its id, as a key or the palette would: refused with a reason where it makes no sense. */
export const runCommand = (state: ScreenState, id: string, context: ScreenContext, given?: Given): Step => {
  const command = commandById(id, boundIn(context));
  if (!command) return refuse(state, `There is no command “${id}”.`, context);
  const available = availability(command, situationOf(state, context));
  if (available !== true) return refuse(state, available, context);
  const hindrance = command.acts && command.changes ? rowHindrance(state, context) : undefined;
  return hindrance ? refuse(state, hindrance, context) : ACTIONS[command.id](state, context, given);
};

const pressKey = (state: ScreenState, name: string, context: ScreenContext): Step => {
  const dialog = topDialog(state);
  if (dialog?.kind === 'doctor') return tellKeyDoctor(state, name, context);
  const field = dialog?.kind === 'form' ? dialog.fields[dialog.active] : undefined;
  if (field?.multiline && name === 'enter') return step(typeText(state, '\n', context));
  if (field?.choices && (name === 'up' || name === 'down')) return step(chooseValue(state, name === 'down' ? 1 : -1));
  const command = commandForKey(name, dialogs.contextsOf(state), boundIn(context));
  if (!command) return step(modeOf(state) === 'TYPING' ? typeKey(state, name, context) : readAnew(state, context));
  const isTaken = availability(command, situationOf(state, context)) === true;
  return runCommand(isTaken ? state : readAnew(state, context), command.id, context, { key: name });
};

/**
 * Whoever types words where keys are commands (because the key for a form was refused, say) decides nothing by the `y` or
 * `n` in them: after a key that means nothing, a decision takes as long as if it had just come on the screen.
 */
const readAnew = (state: ScreenState, { now }: ScreenContext): ScreenState => {
  const dialog = topDialog(state);
  return dialog?.kind === 'decide' || dialog?.kind === 'review'
    ? changeDialog(state, { ...dialog, shownAt: now })
    : state;
};

const paste = (state: ScreenState, text: string, context: ScreenContext): Step =>
  modeOf(state) === 'TYPING'
    ? isWord(topDialog(state))
      ? refuse(state, 'This word is typed by hand: a paste is not taken here.', context)
      : step(typeText(state, text, context))
    : step(
        say(
          readAnew(state, context),
          withKeys(
            'A paste is ignored here, where keys are commands. {new-bead} opens a form that takes it.',
            boundIn(context),
          ),
          {
            now: context.now,
          },
        ),
      );

/** How each command of the key table is carried out. The compiler sees to it that none is missing. */
const ACTIONS: Readonly<Record<CommandId, Action>> = {
  plan: view.goTo('plan'),
  polecats: view.goTo('polecats'),
  refinery: view.goTo('refinery'),
  health: view.goTo('health'),
  log: view.goTo('log'),
  detail: view.goTo('detail'),
  'next-pane': turnPane(1),
  'previous-pane': turnPane(-1),
  down: move({ by: 1 }),
  up: move({ by: -1 }),
  top: move({ to: 'top' }),
  bottom: move({ to: 'bottom' }),
  'page-down': move({ pages: 0.5 }),
  'page-up': move({ pages: -0.5 }),
  open: view.open,
  back: view.back,
  zoom: view.zoom(1),
  unzoom: view.zoom(-1),
  sling: town.sling,
  'sling-convoy': town.slingConvoy,
  raise: town.changePriority(-1),
  lower: town.changePriority(1),
  'close-bead': town.closeBeads,
  edit: forms.editBead,
  'edit-text': forms.editText,
  unsling: town.unsling,
  attach: town.attach,
  prompt: forms.promptPolecat,
  wrong: town.wrong,
  'open-log': log.openLog,
  diff: review.review,
  stop: town.stop,
  retry: town.retry,
  later: town.reorder(1),
  earlier: town.reorder(-1),
  'land-now': town.landNow,
  revert: town.revert,
  hold: town.hold,
  release: town.release,
  'run-dog': town.runDog,
  'switch-dog': town.switchDog,
  explain: dialogs.explain,
  actions: dialogs.actions,
  follow: log.toggleFollow,
  wrap: log.toggleWrap,
  search: dialogs.openLine('search'),
  'next-match': log.findMatch(1),
  'previous-match': log.findMatch(-1),
  'log-of': log.chooseLog,
  'log-times': log.toggleTimes,
  grep: log.grep,
  'page-log': log.page,
  'save-log': log.save,
  copy: copy.copy,
  events: log.openEvents,
  'raw-log': log.toggleRaw,
  attention: decide.attention,
  'new-bead': forms.newBead,
  'new-plan': forms.newPlan,
  filter: dialogs.openLine('filter'),
  mark: marks.mark,
  'mark-range': marks.markRange,
  'mark-all': marks.markAll,
  sort: sort.sortMenu,
  'sort-invert': sort.invertSort,
  'sort-own': sort.sortOwn,
  'sort-priority': sort.sortBy('priority'),
  'sort-age': sort.sortBy('age'),
  'sort-changed': sort.sortBy('changed'),
  'sort-state': sort.sortBy('state'),
  'sort-name': sort.sortBy('name'),
  'sort-cost': sort.sortBy('cost'),
  palette: dialogs.palette,
  help: dialogs.help,
  undo: undo.plan('undo'),
  redo: undo.plan('redo'),
  'undo-before': undo.planBefore,
  'time-back': time.travel({ steps: -1 }),
  'time-forward': time.travel({ steps: 1 }),
  'time-hour-back': time.travel({ byMs: -time.HOUR_MS }),
  'time-hour-forward': time.travel({ byMs: time.HOUR_MS }),
  now: time.comeBack,
  messages: dialogs.messages,
  freeze: view.freeze,
  'key-doctor': openKeyDoctor,
  line: view.line,
  lite: view.lite,
  'pause-merges': town.pauseMerges,
  'resume-merges': town.resumeMerges,
  estop: town.estop,
  thaw: town.thaw,
  quit: dialogs.quit,
  suspend: state => step(state, { type: 'suspend' }),
  demo: state => step(state, { type: 'demo' }),
  redraw: state => step(state, { type: 'redraw' }),
  // Heard where a session has the terminal (`attach.ts`), and refused everywhere here.
  detach: state => step(state),
  yes: decide.answer('yes'),
  no: decide.answer('no'),
  option: decide.choose,
  comment: review.comment,
  'review-scope': review.turnScope,
  'next-file': review.turnFile(1),
  'previous-file': review.turnFile(-1),
  'next-hunk': review.turnHunk(1),
  'previous-hunk': review.turnHunk(-1),
  'decide-edit': decide.decideOn('edit'),
  'decide-diff': decide.decideOn('diff'),
  'decide-prompt': decide.decideOn('prompt'),
  'decide-attach': decide.attachAsker,
  'decide-explain': decide.decideOn('explain'),
  accept: accept(runCommand),
  choose: toggleButton,
  complete: palette.complete,
  'palette-older': palette.recall(-1),
  'palette-newer': palette.recall(1),
  'line-older': recallLine(-1),
  'line-newer': recallLine(1),
  'palette-down': palette.choose(1),
  'palette-up': palette.choose(-1),
  'next-field': forms.turnField(1),
  'previous-field': forms.turnField(-1),
  submit: forms.submitForm,
  leave: state => step(state, { type: 'quit', how: 'leave' }),
  close: dialogs.close,
  'close-letter': dialogs.close,
  'close-text': dialogs.closeRead,
  'close-typing': dialogs.close,
};

/** The town's answer to something this screen asked for. */
const settle = (state: ScreenState, event: Extract<ScreenEvent, { type: 'outcome' }>, context: ScreenContext): Step => {
  const said = say(state, event.message, { kind: event.ok ? 'good' : 'error', now: context.now });
  const dialog = said.dialogs.find(open => open.serial === event.dialog);
  const drafts = { ...said.drafts };
  if (event.ok && event.draft !== undefined) delete drafts[event.draft];
  const { creating, ...rested } = said;
  const settled = { ...rested, ...(creating !== undefined && creating !== event.draft && { creating }), drafts };
  if (dialog?.kind !== 'decide' && dialog?.kind !== 'review') return step(settled);
  if (event.ok && dialog.kind === 'review') return review.goOn(settled, context, dialog);
  const rest = event.ok
    ? settled.dialogs.filter(open => open !== dialog)
    : settled.dialogs.map(open => (open === dialog ? { ...dialog, sent: false } : open));
  return step({ ...settled, dialogs: rest });
};

const fillViewer = (
  state: ScreenState,
  { serial, lines, history }: Extract<ScreenEvent, { type: 'loaded' }>,
): ScreenState => ({
  ...state,
  dialogs: state.dialogs.map(dialog =>
    dialog.kind === 'viewer' && dialog.serial === serial
      ? { ...dialog, ...(lines && { lines }), ...(history && { history }) }
      : dialog,
  ),
});

/** A key takes an error away, but not one that came between two keys and cannot have been read. */
const withoutSeenError = (state: ScreenState, { now }: ScreenContext): ScreenState =>
  state.flash?.kind === 'error' && !isUnseen(state.flash, now) ? withoutFlash(state) : state;
