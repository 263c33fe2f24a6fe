import { Box, render, Text, useInput, usePaste } from 'ink';
import { useMemo, useReducer } from 'react';
import { wrapText } from './dialogs/wrap.ts';
import { createEditor, type Editor, editKey, insertText } from './editor.ts';
import { createInputDecoder, keyText } from './input.ts';
import { type Theme, themeFromEnvironment } from './theme.ts';

/** One thing to ask before there is a town. Enter takes the default. */
export interface SetupQuestion {
  readonly key: string;
  readonly text: string;
  readonly default: string;
  /** The only answers, where there are but a few. */
  readonly choices?: readonly string[];
  /** Answers after which nothing more is asked. */
  readonly ends?: readonly string[];
}

export interface SetupOptions {
  readonly questions: readonly SetupQuestion[];
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  readonly stdout: NodeJS.WritableStream & { readonly columns?: number };
  /** For colours and glyphs; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Answers by question key. */
export type SetupAnswers = Readonly<Record<string, string>>;

/**
 * Asks the questions one after the other in the running terminal, below what stands there, and leaves the answers in its
 * scrollback. Resolves undefined when the person presses Esc or Ctrl-C, says `no` to a yes-or-no question, or the
 * terminal goes away.
 */
export const runSetup = async ({
  questions,
  stdin,
  stdout,
  env = process.env,
}: SetupOptions): Promise<SetupAnswers | undefined> => {
  const done = Promise.withResolvers<SetupAnswers | undefined>();
  const gone = (): void => done.resolve(undefined);
  stdin.on('end', gone);
  // Ink does so once it has drawn: an Enter that a quick person presses until then would come as another key.
  if (stdin.isTTY) stdin.setRawMode?.(true);
  const app = render(
    <Setup
      questions={questions}
      theme={themeFromEnvironment(env)}
      width={Math.min(stdout.columns || 80, TEXT_WIDTH_MAX)}
      onDone={done.resolve}
    />,
    { stdin, stdout, exitOnCtrlC: false, patchConsole: false, interactive: true },
  );
  const failed = app.waitUntilExit().then(() => undefined);
  try {
    return await Promise.race([done.promise, failed]);
  } finally {
    stdin.off('end', gone);
    await app.waitUntilRenderFlush();
    app.unmount();
    await app.waitUntilExit();
  }
};

/** Columns of the questions where the terminal has more: longer lines are hard to read. */
const TEXT_WIDTH_MAX = 100;

interface SetupState {
  readonly answers: readonly string[];
  readonly editor: Editor;
  /** Undefined while asking; then true with all answers, false when declined. */
  readonly done?: boolean;
}

interface SetupProps {
  readonly questions: readonly SetupQuestion[];
  readonly theme: Theme;
  readonly width: number;
  readonly onDone: (answers: SetupAnswers | undefined) => void;
}

const Setup = ({ questions, theme, width, onDone }: SetupProps) => {
  const decoder = useMemo(createInputDecoder, []);
  const [state, send] = useReducer(
    (before: SetupState, event: SetupEvent) => {
      const after = setupReduce(before, event, questions);
      if (after.done !== undefined && before.done === undefined)
        queueMicrotask(() => onDone(after.done ? answersOf(questions, after) : undefined));
      return after;
    },
    questions,
    setupStart,
  );
  useInput((input, key) => {
    for (const event of decoder.decode(input, key, Date.now()))
      send(event.type === 'key' ? event : { type: 'text', text: event.text });
  });
  usePaste(text => send({ type: 'text', text }));
  return (
    <Box flexDirection="column">
      <Text>{setupRows(state, { questions, theme, width }).join('\n')}</Text>
    </Box>
  );
};

export type SetupEvent =
  | { readonly type: 'key'; readonly name: string }
  | { readonly type: 'text'; readonly text: string };

/** Before the first key: the first question with its default. */
export const setupStart = (questions: readonly SetupQuestion[]): SetupState => ({
  answers: [],
  editor: createEditor(questions[0]?.default),
  ...(questions.length === 0 && { done: true }),
});

/** What a key makes of the dialog. */
export const setupReduce = (state: SetupState, event: SetupEvent, questions: readonly SetupQuestion[]): SetupState => {
  const question = questions[state.answers.length];
  if (!question || state.done !== undefined) return state;
  if (event.type === 'text')
    return question.choices ? state : { ...state, editor: insertText(state.editor, event.text, false).editor };
  if (event.name === 'esc' || event.name === 'ctrl-c') return { ...state, done: false };
  if (event.name === 'enter') return accept(state, question, questions);
  if (question.choices)
    return { ...state, editor: createEditor(choose(question.choices, state.editor.text, event.name)) };
  const text = keyText(event.name);
  const editor = text === undefined ? editKey(state.editor, event.name) : insertText(state.editor, text, false).editor;
  return editor ? { ...state, editor } : state;
};

/** The dialog as rows: what was answered, the question that is open, and what the keys do. */
export const setupRows = (
  state: SetupState,
  { questions, theme, width }: { questions: readonly SetupQuestion[]; theme: Theme; width: number },
): readonly string[] => {
  const answered = state.answers.flatMap((answer, index) => [
    ...wrapText(`${index + 1}. ${questions[index]!.text}`, width).map(theme.dim),
    `   ${theme.good(theme.glyph.ok)} ${answer || 'none'}`,
  ]);
  const question = questions[state.answers.length];
  if (!question || state.done !== undefined)
    return [...answered, ...(state.done === false ? [theme.dim('Nothing was set up.')] : [])];
  return [
    ...answered,
    ...wrapText(`${state.answers.length + 1}. ${question.text}`, width).map(theme.strong),
    `   ${question.choices ? choiceRow(question.choices, state.editor.text, theme) : textRow(state.editor, theme)}`,
    theme.dim(`   ${question.choices ? '← → choose · ' : ''}Enter takes it · Esc leaves everything as it is`),
  ];
};

const accept = (state: SetupState, question: SetupQuestion, questions: readonly SetupQuestion[]): SetupState => {
  const answer = state.editor.text.trim();
  const answers = [...state.answers, answer];
  if (answer === 'no' && question.choices?.includes('yes')) return { ...state, answers, done: false };
  const next = question.ends?.includes(answer) ? undefined : questions[answers.length];
  return { answers, editor: createEditor(next?.default), ...(!next && { done: true }) };
};

/** Arrows and Tab go round; a letter takes the first answer that begins with it. */
const choose = (choices: readonly string[], current: string, key: string): string => {
  const by = ['right', 'down', 'tab', 'l', 'j'].includes(key)
    ? 1
    : ['left', 'up', 'shift-tab', 'h', 'k'].includes(key)
      ? -1
      : 0;
  if (by === 0) return choices.find(choice => choice.startsWith(key)) ?? current;
  return choices[(choices.indexOf(current) + by + choices.length) % choices.length]!;
};

const choiceRow = (choices: readonly string[], chosen: string, theme: Theme): string =>
  choices.map(choice => (choice === chosen ? theme.selected(` ${choice} `) : ` ${choice} `)).join(' ');

const textRow = ({ text, cursor }: Editor, theme: Theme): string =>
  text.slice(0, cursor) + theme.selected(text[cursor] ?? ' ') + text.slice(cursor + 1);

const answersOf = (questions: readonly SetupQuestion[], state: SetupState): SetupAnswers =>
  Object.fromEntries(state.answers.map((answer, index) => [questions[index]!.key, answer]));
