import type { LogSource, OperatorIntent, PastMoment, Review } from '../source/town/view.ts';
import type { Editor } from './editor.ts';
import type { KeyDoctor } from './key-doctor.ts';
import type { LiteWish } from './line/pace.ts';
import type { Preview } from './preview.ts';
import type { Sorting } from './rows/sort.ts';

/** Panes in the order of their number keys `1`–`5` and `0`. */
export const PANES = ['plan', 'polecats', 'refinery', 'health', 'log', 'detail'] as const;
export type PaneId = (typeof PANES)[number];

/** COMMAND: keys are commands. TYPING: keys are text. DECIDE: a question or a request is open and `y` or `n` decides it. */
export type Mode = 'COMMAND' | 'TYPING' | 'DECIDE';

/** Everything the person's keys have made of the screen. What the town is doing is not in here: that is the view. */
export interface ScreenState {
  readonly focus: PaneId;
  /** The list pane focused last: log and detail show what is selected there. */
  readonly list: ListPaneId;
  /** Steps from all panes that fit (0) to the focused pane alone; a screen may have fewer (`ScreenContext.zooms`). */
  readonly zoom: 0 | 1 | 2;
  readonly selected: Readonly<Partial<Record<PaneId, Selection>>>;
  readonly filter: Readonly<Partial<Record<PaneId, string>>>;
  /** Rows marked to be acted on together, in the order of marking. Those that are no longer listed count for nothing. */
  readonly marked: Readonly<Partial<Record<ListPaneId, ReadonlySet<string>>>>;
  /** What the lists are sorted by; those without stand in the town's own order. */
  readonly sort: Readonly<Partial<Record<ListPaneId, Sorting>>>;
  /** Convoys whose beads are hidden. */
  readonly folded: ReadonlySet<string>;
  /** Topmost last. */
  readonly dialogs: readonly Dialog[];
  readonly log: LogState;
  /** Where the detail of this very record is scrolled to: that of another one begins at its top. */
  readonly detail?: { readonly id: string; readonly top: number };
  /** Last lines of the session that is selected among the polecats. */
  readonly preview?: Preview;
  readonly flash?: Flash;
  /** What was done and said here, the newest last: a line is gone in seconds, and may be longer than the screen is wide. */
  readonly said: readonly Flash[];
  /** What is shown stands still; the town goes on. */
  readonly frozen: boolean;
  /** The town is being asked what could be taken back or done again. */
  readonly undo?: { readonly serial: number; readonly way: 'undo' | 'redo' };
  /** The screen looks at the past, or is on its way there. */
  readonly time?: TimeTravel;
  /** Whether the screen spares the line. */
  readonly lite: LiteWish;
  /** What was run by the palette, the newest last. */
  readonly history: readonly string[];
  /** What was filtered and searched by, the newest last. */
  readonly typed: Readonly<Record<LineDialog['purpose'], readonly string[]>>;
  /** Unsent text of a form that was left with Esc, by form kind and target: Esc destroys nothing. */
  readonly drafts: Readonly<Record<string, readonly string[]>>;
  /** The terminal of this polecat is waited for, since when: the screen goes there as soon as it is seen. */
  readonly attaching?: { readonly polecat: string; readonly name: string; readonly since: number };
  /** A bead that was written is on its way to the town, under this draft: the cursor will go to it. */
  readonly creating?: string;
  /** Numbers dialogs and questions to the town, so that an answer that arrives late finds its own or none. */
  readonly serial: number;
}

export interface TimeTravel {
  /** What is shown; absent until the first moment has come. */
  readonly moment?: PastMoment;
  /** The question under way: there is one at most, however long a key is held down. */
  readonly asked?: number;
  /** What was pressed since it was asked, added up. */
  readonly steps: number;
  readonly byMs: number;
  /** The log as it was in the present. */
  readonly log: LogState;
}

export type ListPaneId = 'plan' | 'polecats' | 'refinery' | 'health';

/** Selection is by identity. `index` is where it stood last, for when the row has gone. */
export interface Selection {
  readonly id: string;
  readonly index: number;
}

export interface Flash {
  readonly text: string;
  /** Errors stay until a key is pressed, the others clear themselves. */
  readonly kind: 'info' | 'good' | 'error';
  readonly at: number;
}

export interface LogState {
  readonly source: LogSource;
  /** Words for the pane's title. */
  readonly name: string;
  readonly lines: readonly string[];
  readonly follow: boolean;
  readonly wrap: boolean;
  /** First line shown while not following. */
  readonly top: number;
  /** How many lines from the end are read, once somebody went up further than is read by itself. */
  readonly depth?: number;
  /** Newest lines, held back while not following; shown again when following resumes. */
  readonly fresh?: readonly string[];
  /** Lines that came since following stopped. */
  readonly unseen: number;
  readonly search?: string;
  /** Line of the match shown last. */
  readonly match?: number;
}

export type Dialog =
  | HelpDialog
  | PaletteDialog
  | MenuDialog
  | SourcesDialog
  | DoctorDialog
  | FormDialog
  | LineDialog
  | ConfirmDialog
  | DecideDialog
  | ViewerDialog
  | ReviewDialog
  | QuitDialog;

interface DialogBase {
  readonly serial: number;
  /** When it appeared, ms: decision keys typed before a person can have read it are ignored. */
  readonly shownAt: number;
}

export interface HelpDialog extends DialogBase {
  readonly kind: 'help';
  /** Ids of commands of the key table. */
  readonly entries: readonly string[];
  /** Entries before this one belong to the place the person came from, the others are valid everywhere. */
  readonly here: number;
  readonly index: number;
  /** What was selected when it opened. */
  readonly about?: string;
}

export interface PaletteDialog extends DialogBase {
  readonly kind: 'palette';
  readonly editor: Editor;
  readonly index: number;
  /** Where in the history the text was taken from. */
  readonly place?: number;
  /** What was selected when it opened. */
  readonly about?: string;
}

export interface MenuDialog extends DialogBase {
  readonly kind: 'menu';
  readonly title: string;
  readonly entries: readonly string[];
  readonly index: number;
  /** What was selected when it opened. */
  readonly about?: string;
}

/** Which log to show. */
export interface SourcesDialog extends DialogBase {
  readonly kind: 'sources';
  readonly entries: readonly NamedSource[];
  readonly index: number;
}

/** Listens to what arrives of keys that are asked for. */
export interface DoctorDialog extends DialogBase {
  readonly kind: 'doctor';
  readonly doctor: KeyDoctor;
}

export interface NamedSource {
  readonly name: string;
  readonly source: LogSource;
}

/** One field of a form. Multi-line fields take Enter as text. */
export interface Field {
  readonly label: string;
  readonly multiline: boolean;
  readonly editor: Editor;
  /** Known values, offered with the arrow keys. */
  readonly choices?: readonly string[];
}

/** What a form is for; the reducer turns its fields into intents on submit. */
export type FormPurpose =
  | { readonly form: 'bead' }
  | { readonly form: 'edit'; readonly bead: string }
  | { readonly form: 'plan' }
  | { readonly form: 'prompt'; readonly polecat: string }
  | { readonly form: 'note'; readonly key: string }
  /** The reason for which a request that needs no approval is sent back. */
  | { readonly form: 'return'; readonly merge: string }
  /** The word that approves what is protected, of the question with this key. */
  | { readonly form: 'word'; readonly key: string; readonly word: string }
  | { readonly form: 'comment'; readonly merge: string; readonly head: string; readonly line: LineName }
  | { readonly form: 'words'; readonly key: string; readonly option: string; readonly mayBeEmpty: boolean };

/** A line of a change, as a person names it. */
export interface LineName {
  readonly path: string;
  readonly line: number;
  readonly side: 'new' | 'old';
}

export interface FormDialog extends DialogBase {
  readonly kind: 'form';
  readonly purpose: FormPurpose;
  readonly title: string;
  readonly help: string;
  readonly fields: readonly Field[];
  readonly active: number;
  /** Something was typed: worth keeping when the form is closed. */
  readonly touched: boolean;
}

/** One line of text over the footer: a filter or a search, applied while it is typed. */
export interface LineDialog extends DialogBase {
  readonly kind: 'line';
  readonly purpose: 'filter' | 'search';
  readonly pane: PaneId;
  readonly editor: Editor;
  /** What Esc goes back to. */
  readonly before: string;
  /** Where in what was typed before the text was taken from. */
  readonly place?: number;
}

export interface ConfirmDialog extends DialogBase {
  readonly kind: 'confirm';
  readonly title: string;
  readonly lines: readonly string[];
  readonly accept: string;
  /** None: there is nothing to accept, only something to know. */
  readonly intents: readonly OperatorIntent[];
  /** Each is done by itself, whatever is refused. */
  readonly each?: true;
  /** 0 Cancel, where what cannot be taken back starts; 1 accept. */
  readonly index: 0 | 1;
  readonly scroll: number;
  /** The step that this says cannot be taken back: one may ask for the one before it. */
  readonly refused?: number;
  /** What to say once it is done, instead of the town's own words. */
  readonly done?: string;
}

export interface DecideDialog extends DialogBase {
  readonly kind: 'decide';
  /** Identity of the question that was on the screen when it opened: an answer goes to this one or to none. */
  readonly key: string;
  readonly scroll: number;
  /** An answer is on its way to the town. */
  readonly sent: boolean;
}

export interface ViewerDialog extends DialogBase {
  readonly kind: 'viewer';
  /** All that is known of a subject; or what was said here, or which keys arrive (`lines`, which are there from the start). */
  readonly view: 'why' | 'said' | 'keys';
  readonly subject: string;
  readonly title: string;
  /** Absent while the town is being asked. */
  readonly lines?: readonly string[];
  /** Every change, field by field; absent while the town is being asked, and for what is no record. */
  readonly history?: readonly string[];
  readonly asksHistory: boolean;
  /** What of it belongs into the config: copied instead of the whole. */
  readonly forConfig?: string;
  readonly scroll: number;
}

/** A merge request with all that a person decides on it by. */
export interface ReviewDialog extends DialogBase {
  readonly kind: 'review';
  readonly merge: string;
  /** What is shown: a decision is on this or on nothing. */
  readonly head: string;
  /** Absent while the town is being asked. */
  readonly review?: Review;
  /** Why it cannot be shown. */
  readonly failed?: string;
  /** All of it, or only what is new since it was approved before. */
  readonly scope: 'whole' | 'since';
  readonly at: ReviewPlace;
  /** A decision is on its way to the town. */
  readonly sent: boolean;
}

/** Where the cursor is: what stands before the files is section 0, then there is one for each file. */
export interface ReviewPlace {
  readonly section: number;
  readonly line: number;
}

export interface QuitDialog extends DialogBase {
  readonly kind: 'quit';
  readonly index: number;
}

/** What leaving means; the first is the default. */
export const QUIT_CHOICES = ['leave', 'stop', 'cancel'] as const;

export const initialState = (): ScreenState => ({
  focus: 'plan',
  list: 'plan',
  zoom: 0,
  selected: {},
  filter: {},
  marked: {},
  sort: {},
  folded: new Set(),
  dialogs: [],
  log: { source: { kind: 'feed' }, name: 'events', lines: [], follow: true, wrap: false, top: 0, unseen: 0 },
  said: [],
  frozen: false,
  lite: 'auto',
  history: [],
  typed: { filter: [], search: [] },
  drafts: {},
  serial: 0,
});

/** First line shown of the detail of a record. */
export const detailTop = ({ detail }: ScreenState, id: string): number => (detail?.id === id ? detail.top : 0);

/** The dialog that has the keys, if any. */
export const topDialog = (state: ScreenState): Dialog | undefined => state.dialogs.at(-1);

/** What kind of keys the screen takes now: shown as the mode chip. */
export const modeOf = (state: ScreenState): Mode => {
  switch (topDialog(state)?.kind) {
    case 'form':
    case 'line':
    case 'palette':
    case 'doctor':
      return 'TYPING';
    case 'decide':
    case 'confirm':
    case 'review':
      return 'DECIDE';
    default:
      return 'COMMAND';
  }
};
