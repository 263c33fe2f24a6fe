import type { Act, Ask, AskOption } from '../wire/protocol.ts';
import { fieldOf, firstLine, listAt, textAt } from './fields.ts';
import { toolDetail, toolTitle } from './tool-words.ts';

/** A `can_use_tool` that Claude Code waits for. One with several questions stands for as many asks. */
export interface PendingRequest {
  /** Claude Code's own id of it. */
  readonly id: string;
  readonly tool: string;
  readonly input: unknown;
  /** Rules by which it would not ask again, as it proposed them. */
  readonly suggestions: readonly unknown[];
  readonly asks: readonly Ask[];
  /** What was answered so far, by the text of the question. */
  readonly answers: Readonly<Record<string, string>>;
}

const QUESTION_TOOL = 'AskUserQuestion';
/** Options of a question: Claude Code gives four at most. */
const MAX_CHOICES = 12;
const REFUSED = 'A person refused this. Do not try it again in another way; go on without it, or report what you need.';
const UNANSWERED = 'Nobody answers this. Decide by yourself, and say in your report what you decided.';

/** What a `can_use_tool` request asks a person. */
export const pendingRequest = (id: string, request: unknown): PendingRequest => {
  const tool = textAt(request, 'tool_name');
  const input = fieldOf(request, 'input') ?? {};
  const suggestions = listAt(request, 'permission_suggestions');
  const questions = tool === QUESTION_TOOL ? listAt(input, 'questions') : [];
  const asks =
    questions.length > 0
      ? questions.map((question, index) => questionAsk(`${id}/${index}`, question))
      : [permissionAsk(id, { tool, input, request, suggestions })];
  return { id, tool, input, suggestions, asks, answers: {} };
};

/** Either the response is complete, or other questions of the same request are still open. */
export type Answered = { readonly response: unknown } | { readonly open: PendingRequest };

/** What an answer of a person means for its request. The caller has checked that ask and option are open. */
export const answerRequest = (
  pending: PendingRequest,
  { act, ask, option }: { act: Extract<Act, { type: 'answer' }>; ask: Ask; option: AskOption },
): Answered => {
  if (ask.kind === 'permission')
    return { response: respond(pending.id, permissionResponse(pending, option, act.text)) };
  if (option.kind === 'deny') {
    return { response: respond(pending.id, { behavior: 'deny', message: act.text?.trim() || UNANSWERED }) };
  }
  const said = option.kind === 'answer' ? (act.text ?? '') : option.label;
  const answers = { ...pending.answers, [questionOf(pending, ask)]: said };
  const asks = pending.asks.filter(({ id }) => id !== ask.id);
  if (asks.length > 0) return { open: { ...pending, asks, answers } };
  const updatedInput = { ...(pending.input as object), answers };
  return { response: respond(pending.id, { behavior: 'allow', updatedInput }) };
};

const permissionAsk = (
  id: string,
  call: { tool: string; input: unknown; request: unknown; suggestions: readonly unknown[] },
): Ask => {
  const { tool, input, request, suggestions } = call;
  const isPlan = tool === 'ExitPlanMode';
  const reason = textAt(request, 'decision_reason');
  const detail = [toolDetail(tool, input), ...(reason === '' ? [] : ['', `Why it asks: ${reason}`])].join('\n');
  return {
    id,
    kind: 'permission',
    title: isPlan ? 'Go on with this plan' : titleOf(tool, input),
    detail,
    options: [
      { id: 'allow', label: isPlan ? 'Go on' : 'Allow', kind: 'allow' },
      ...(suggestions.length > 0
        ? [{ id: 'always', label: `Allow in this session: ${ruleWords(suggestions)}`, kind: 'allow_always' as const }]
        : []),
      { id: 'deny', label: 'Refuse', kind: 'deny' },
    ],
  };
};

const titleOf = (tool: string, input: unknown): string => {
  const title = toolTitle(tool, input);
  return title.startsWith('$ ') ? `Run: ${title.slice(2)}` : title;
};

/** What would be allowed from now on: `git push *`, or a mode. */
const ruleWords = (suggestions: readonly unknown[]): string => {
  const words = suggestions.flatMap(one => {
    const rules = listAt(one, 'rules').map(rule => textAt(rule, 'ruleContent') || textAt(rule, 'toolName'));
    const mode = textAt(one, 'mode');
    const folders = listAt(one, 'directories').filter(folder => typeof folder === 'string');
    return [...rules, ...(mode === '' ? [] : [`mode ${mode}`]), ...folders];
  });
  return firstLine(words.join(', ') || 'the same again');
};

const questionAsk = (id: string, question: unknown): Ask => {
  const text = textAt(question, 'question');
  const choices = listAt(question, 'options')
    .slice(0, MAX_CHOICES)
    .map((option, index) => ({
      id: `choice-${index}`,
      label: textAt(option, 'label'),
      about: textAt(option, 'description'),
    }))
    .filter(({ label }) => label !== '');
  const several = fieldOf(question, 'multiSelect') === true;
  const lines = choices.map(({ label, about }) => `- ${label}${about === '' ? '' : `: ${about}`}`);
  return {
    id,
    kind: 'question',
    title: firstLine(text) || textAt(question, 'header') || 'It asks',
    detail: [text, '', ...lines, ...(several ? ['', 'Several may be named, in an answer of your own.'] : [])].join(
      '\n',
    ),
    options: [
      ...choices.map(choice => ({ id: choice.id, label: choice.label, kind: 'choice' as const })),
      { id: 'answer', label: 'Answer in your own words', kind: 'answer' },
      { id: 'deny', label: 'Let it decide by itself', kind: 'deny' },
    ],
  };
};

/** The question's own text is its key in the answers. */
const questionOf = (pending: PendingRequest, ask: Ask): string =>
  textAt(listAt(pending.input, 'questions')[Number(ask.id.slice(ask.id.lastIndexOf('/') + 1))], 'question');

const permissionResponse = (pending: PendingRequest, option: AskOption, text?: string): object => {
  if (option.kind === 'deny') return { behavior: 'deny', message: text?.trim() || REFUSED };
  if (option.kind !== 'allow_always') return { behavior: 'allow', updatedInput: pending.input };
  // For this session only: its own proposals may be to write them into the repository.
  const updatedPermissions = pending.suggestions.map(one => ({ ...(one as object), destination: 'session' }));
  return { behavior: 'allow', updatedInput: pending.input, updatedPermissions };
};

const respond = (id: string, response: object): unknown => ({
  type: 'control_response',
  response: { subtype: 'success', request_id: id, response },
});
