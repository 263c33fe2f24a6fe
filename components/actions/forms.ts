import { cut } from '../../source/common/text.ts';
import type { AttentionRow, BeadRow, OperatorIntent, PolecatRow } from '../../source/town/view.ts';
import { createEditor, type Editor } from '../editor.ts';
import { rigOf } from '../enabled.ts';
import { boundIn, keyOf, withKeys } from '../keymap.ts';
import { type ScreenContext, situationOf } from '../situation.ts';
import { type Field, type FormDialog, type FormPurpose, type LineName, type ScreenState, topDialog } from '../state.ts';
import {
  type Action,
  changeDialog,
  closeDialog,
  hindranceOf,
  openDialog,
  refuse,
  type Step,
  say,
  step,
} from './step.ts';

const SUBMIT_HELP = '{next-field} next field · {submit} send · {close} close, the text is kept';

/** A new bead: created but not slung, so that a person sees it before it costs anything. */
export const newBead: Action = (state, context) => {
  const situation = situationOf(state, context);
  const rigs = context.view.rigs.map(rig => rig.id);
  return openForm(state, context, {
    purpose: { form: 'bead' },
    title: 'New bead',
    help: SUBMIT_HELP,
    fields: [
      { label: 'Title', multiline: false, editor: createEditor() },
      { label: 'What to do (a fenced sh block is run by the shell agent)', multiline: true, editor: createEditor() },
      { label: 'Rig (repository)', multiline: false, editor: createEditor(rigOf(situation) ?? rigs[0]), choices: rigs },
    ],
  });
};

/** A goal for the Mayor, of which a plan comes back for approval; a whole plan in Markdown is taken as it is. */
export const newPlan: Action = (state, context) => {
  const rigs = context.view.rigs.map(rig => rig.id);
  return openForm(state, context, {
    purpose: { form: 'plan' },
    title: 'A goal',
    help: SUBMIT_HELP,
    fields: [
      {
        label: 'What is to be reached; or a plan in Markdown: # Title, then ## for each bead',
        multiline: true,
        editor: createEditor(),
      },
      {
        label: 'Rig (repository)',
        multiline: false,
        editor: createEditor(rigOf(situationOf(state, context)) ?? rigs[0]),
        choices: rigs,
      },
      {
        label: 'Agent that plans (empty: the one set up, or one that is installed)',
        multiline: false,
        editor: createEditor(),
      },
    ],
  });
};

export const editBead: Action = (state, context) => {
  const { bead, convoy } = situationOf(state, context);
  if (bead) return openEdit(state, context, bead);
  return convoy ? step(state, { type: 'editPlan', convoy: convoy.id }) : step(state);
};

/** The whole of a bead in the person's own editor. */
export const editText: Action = (state, context) => {
  const { bead } = situationOf(state, context);
  return bead ? step(state, { type: 'editBead', bead: bead.id }) : step(state);
};

/** The form for a bead's title and description. */
export const openEdit = (state: ScreenState, context: ScreenContext, bead: BeadRow): Step =>
  openForm(state, context, {
    purpose: { form: 'edit', bead: bead.id },
    title: `Edit ${bead.id}`,
    help: SUBMIT_HELP,
    fields: [
      { label: 'Title', multiline: false, editor: createEditor(bead.title) },
      { label: 'What to do', multiline: true, editor: createEditor(bead.description ?? '') },
    ],
  });

export const promptPolecat: Action = (state, context) => {
  const { polecat } = situationOf(state, context);
  return polecat ? openPrompt(state, context, polecat) : step(state);
};

/** The form for words to a live session. */
export const openPrompt = (state: ScreenState, context: ScreenContext, polecat: PolecatRow): Step =>
  openForm(state, context, {
    purpose: { form: 'prompt', polecat: polecat.id },
    title: `Tell ${polecat.name}`,
    help: 'Enter new line · {submit} send · {close} close, the text is kept',
    fields: [{ label: 'Words for its session', multiline: true, editor: createEditor() }],
  });

/** The form for the reason of a refusal, which goes back with the work. */
export const openNote = (state: ScreenState, context: ScreenContext, { key, no }: { key: string; no: string }): Step =>
  openForm(state, context, {
    purpose: { form: 'note', key },
    title: `${no[0]!.toUpperCase()}${no.slice(1)}: why?`,
    help: '{accept} or {submit} send · {close} close without answering',
    fields: [{ label: 'What must change (may be empty)', multiline: false, editor: createEditor() }],
  });

/** The form for the reason why a request that waits for nobody is sent back. */
export const openReturn = (state: ScreenState, context: ScreenContext, merge: string): Step =>
  openForm(state, context, {
    purpose: { form: 'return', merge },
    title: `Send ${merge} back: why?`,
    help: '{accept} or {submit} send · {close} close without answering',
    fields: [{ label: 'What must change (may be empty)', multiline: false, editor: createEditor() }],
  });

/** The form for the word without which nothing protected is approved. */
export const openWord = (
  state: ScreenState,
  context: ScreenContext,
  { row, word }: { row: AttentionRow; word: string },
): Step =>
  openForm(state, context, {
    purpose: { form: 'word', key: row.key, word },
    title: cut(row.title, WORDS_TITLE_COLUMNS),
    help: '{accept} approve · {close} close without answering',
    fields: [
      { label: `It changes what is protected. Type ${word} to approve it`, multiline: false, editor: createEditor() },
    ],
  });

/** The form for a remark on a line of a request. */
export const openComment = (
  state: ScreenState,
  context: ScreenContext,
  { merge, head, line }: { merge: string; head: string; line: LineName },
): Step =>
  openForm(state, context, {
    purpose: { form: 'comment', merge, head, line },
    title: `Comment on ${cut(line.path, WORDS_TITLE_COLUMNS - 20)}:${line.line}`,
    help: 'Enter new line · {submit} send · {close} close, the text is kept',
    fields: [{ label: 'What whoever does it again should know', multiline: true, editor: createEditor() }],
  });

/** One line for an answer in the person's own words, or for words that go with a refusal. */
export const openWords = (
  state: ScreenState,
  context: ScreenContext,
  { row, option }: { row: AttentionRow; option: NonNullable<AttentionRow['options']>[number] },
): Step =>
  openForm(state, context, {
    purpose: { form: 'words', key: row.key, option: option.id, mayBeEmpty: option.kind !== 'answer' },
    title: cut(row.title, WORDS_TITLE_COLUMNS),
    help: '{accept} or {submit} send · {close} close without answering',
    fields: [
      {
        label: option.kind === 'answer' ? 'Your answer' : `${option.label}: what it should know`,
        multiline: false,
        editor: createEditor(),
      },
    ],
  });

/** Columns of a question over its answer: the frame of the narrowest screen holds as many. */
const WORDS_TITLE_COLUMNS = 70;

/** Tab, around the ends. */
export const turnField =
  (by: 1 | -1): Action =>
  state => {
    const form = topDialog(state);
    if (form?.kind !== 'form') return step(state);
    return step(changeDialog(state, { ...form, active: (form.active + by + form.fields.length) % form.fields.length }));
  };

/** Enter: a new line where the field has lines, the next field elsewhere, and off it goes from the last one. */
export const enterInForm: Action = (state, context) => {
  const form = topDialog(state);
  if (form?.kind !== 'form') return step(state);
  return form.active === form.fields.length - 1 ? submitForm(state, context) : turnField(1)(state, context);
};

/** Sends the form off. What was typed stays as a draft until the town has taken it. */
export const submitForm: Action = (state, context) => {
  const form = topDialog(state);
  if (form?.kind !== 'form') return step(state);
  const draft = draftKey(form.purpose);
  const values = form.fields.map(field => field.editor.text);
  if (form.purpose.form === 'plan') {
    const rig = values[1]!.trim();
    const known = checkRig(context, rig);
    if (known !== true) return refuse(state, known, context);
    const text = values[0]!;
    if (!text.trim()) return refuse(state, 'Write a goal or paste a plan first.', context);
    if (MARKDOWN_PLAN.test(text)) {
      return context.readsPlans
        ? step(sent(state, context, form), {
            type: 'plan',
            text,
            rig,
            draft,
            hint: withKeys('{attention} shows it for approval.', boundIn(context)),
          })
        : refuse(state, 'This screen cannot read plans: run `gastown plan import <file.md>`.', context);
    }
    const agent = values[2]!.trim();
    const intent = { type: 'mayor.plan' as const, payload: { goal: text.trim(), rig, ...(agent && { agent }) } };
    const creating = { ...sent(state, context, form), creating: draft };
    return step(creating, { type: 'dispatch', intents: [intent], draft, selectNew: true });
  }
  const intent = intentOf(form.purpose, values, context);
  if (typeof intent === 'string') return refuse(state, intent, context);
  // What was typed into it was typed by somebody who saw it; an empty one may have been sent by a key meant for elsewhere.
  const isBlind = form.purpose.form === 'word' || (DECIDING.has(form.purpose.form) && !form.touched);
  const hindrance = isBlind ? hindranceOf(state, context, form.shownAt) : undefined;
  if (hindrance) return refuse(state, hindrance, context);
  const created = form.purpose.form === 'bead';
  const decides = DECIDING.has(form.purpose.form);
  const decide = decides ? state.dialogs.at(-2)?.serial : undefined;
  return step(
    { ...sent(state, context, form), ...(created && { creating: draft }) },
    {
      type: 'dispatch',
      intents: [intent],
      draft,
      ...(created && { hint: `${keyOf('sling', boundIn(context))} slings it.`, selectNew: true as const }),
      ...(decide !== undefined && { dialog: decide }),
    },
  );
};

/** Forms that answer the question, or decide on the request, that they lie on. */
const DECIDING: ReadonlySet<FormPurpose['form']> = new Set(['note', 'words', 'word', 'return']);

/** Closes a form and keeps what was typed; the word that approves is typed anew each time. */
export const keepDraft = (state: ScreenState, form: FormDialog): ScreenState =>
  form.touched && form.purpose.form !== 'word'
    ? { ...state, drafts: { ...state.drafts, [draftKey(form.purpose)]: form.fields.map(field => field.editor.text) } }
    : state;

/** Puts a changed editor into the active field. */
export const changeField = (form: FormDialog, editor: Editor): FormDialog => ({
  ...form,
  touched: true,
  fields: form.fields.map((field, index) => (index === form.active ? { ...field, editor } : field)),
});

const sent = (state: ScreenState, context: ScreenContext, form: FormDialog): ScreenState =>
  say(closeDialog(keepDraft(state, form)), 'Sending…', { now: context.now });

const openForm = (
  state: ScreenState,
  context: ScreenContext,
  form: { purpose: FormPurpose; title: string; help: string; fields: readonly Field[] },
): Step => {
  const draft = state.drafts[draftKey(form.purpose)];
  const fields = form.fields.map((field, index) => {
    const text = draft?.[index];
    return text === undefined ? field : { ...field, editor: createEditor(text) };
  });
  return step(openDialog(state, { kind: 'form', ...form, fields, active: 0, touched: draft !== undefined }, context));
};

const draftKey = (purpose: FormPurpose): string => {
  switch (purpose.form) {
    case 'edit':
      return `edit ${purpose.bead}`;
    case 'prompt':
      return `prompt ${purpose.polecat}`;
    case 'note':
      return `note ${purpose.key}`;
    case 'words':
    case 'word':
      return `${purpose.form} ${purpose.key}`;
    case 'return':
      return `return ${purpose.merge}`;
    case 'comment': {
      const { path, line, side } = purpose.line;
      return `comment ${purpose.head} ${side} ${path}:${line}`;
    }
    default:
      return purpose.form;
  }
};

/** A plan begins with its title as a heading; a goal is words. */
const MARKDOWN_PLAN = /^\s*(?:<!--[\s\S]*?-->\s*)*# /;

/** A fenced `sh` block at the start of a line: the shell agent's work. */
const SHELL_BLOCK = /^```sh\s*$/m;

type FormValues = readonly string[];

const intentOf = (
  purpose: Exclude<FormPurpose, { form: 'plan' }>,
  values: FormValues,
  context: ScreenContext,
): OperatorIntent | string => {
  const [first = '', second = '', third = ''] = values;
  switch (purpose.form) {
    case 'bead': {
      if (!first.trim()) return 'Give it a title first.';
      const known = checkRig(context, third.trim());
      if (known !== true) return known;
      return {
        type: 'bead.create',
        payload: {
          title: first.trim(),
          ...(second.trim() && { description: second }),
          ...(SHELL_BLOCK.test(second) && { agent: 'shell' }),
          rig: third.trim(),
          dispatch: false,
        },
      };
    }
    case 'edit':
      if (!first.trim()) return 'A bead needs a title.';
      return {
        type: 'bead.update',
        payload: { id: purpose.bead, set: { title: first.trim(), description: second.trim() ? second : null } },
      };
    case 'prompt':
      return first.trim()
        ? { type: 'polecat.prompt', payload: { polecat: purpose.polecat, text: first } }
        : 'Write what to tell it first.';
    case 'note':
      return {
        type: 'attention.answer',
        payload: { key: purpose.key, answer: 'no', ...(first.trim() && { note: first.trim() }) },
      };
    case 'return':
      return {
        type: 'merge.reject',
        payload: { id: purpose.merge, reason: first.trim() || 'The operator sent it back.', rework: true },
      };
    case 'word':
      if (first.trim() !== purpose.word) return `That is not the word: it takes ${purpose.word}, letter by letter.`;
      return { type: 'attention.answer', payload: { key: purpose.key, answer: 'yes', word: purpose.word } };
    case 'comment':
      if (!first.trim()) return 'Write the comment first.';
      return {
        type: 'merge.comment',
        payload: { id: purpose.merge, head: purpose.head, ...purpose.line, text: first.trim() },
      };
    case 'words': {
      const text = first.trim();
      if (text === '' && !purpose.mayBeEmpty) return 'Write the answer first.';
      return { type: 'attention.choose', payload: { key: purpose.key, option: purpose.option, ...(text && { text }) } };
    }
  }
};

const checkRig = (context: ScreenContext, id: string): true | string =>
  context.view.rigs.some(rig => rig.id === id) ||
  `There is no rig “${id}”; there is ${context.view.rigs.map(rig => rig.id).join(', ') || 'none yet'}.`;
