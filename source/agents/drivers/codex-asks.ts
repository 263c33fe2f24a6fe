import type { Act, Ask, AskOption } from '../wire/protocol.ts';
import { elicitationAsk, elicitationResult } from './codex-elicitation.ts';
import { type RpcId, respond } from './codex-rpc.ts';
import { changesText, changesTitle, scriptOf } from './codex-words.ts';
import { fieldOf, firstLine, listAt, textAt } from './fields.ts';

/** A request of Codex that waits for a person. One with several questions stands for as many asks. */
export interface PendingRequest {
  readonly id: RpcId;
  readonly method: string;
  readonly params: unknown;
  readonly asks: readonly Ask[];
  /** What was answered so far, by the id of the question. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
}

const UNANSWERED = 'Nobody answers this. Decide by yourself, and say in your report what you decided.';
/** Options of a question: Codex gives three or so. */
const MAX_CHOICES = 12;

/** What a request asks a person; undefined when it is none that a person can answer. `item` is the file change it is about. */
export const pendingRequest = (
  request: { id: RpcId; method: string; params: unknown },
  item: unknown,
): PendingRequest | undefined => {
  const make = ASKS[request.method];
  if (!make) return undefined;
  const asks = make(`ask-${request.id}`, request.params, item);
  return { ...request, asks, answers: {} };
};

/** Either the response is complete, or other questions of the same request are still open. */
export type Answered = { readonly response: unknown } | { readonly open: PendingRequest };

/** What an answer of a person means for its request. The caller has checked that ask and option are open. */
export const answerRequest = (
  pending: PendingRequest,
  { act, ask, option }: { act: Extract<Act, { type: 'answer' }>; ask: Ask; option: AskOption },
): Answered => {
  if (pending.method !== QUESTION)
    return { response: respond(pending.id, RESULTS[pending.method]!(pending, act, option)) };
  const said = option.kind === 'choice' ? option.label : act.text?.trim() || UNANSWERED;
  const answers = { ...pending.answers, [questionId(pending, ask)]: [said] };
  const asks = pending.asks.filter(({ id }) => id !== ask.id);
  if (asks.length > 0) return { open: { ...pending, asks, answers } };
  const entries = Object.entries(answers).map(([id, given]) => [id, { answers: given }]);
  return { response: respond(pending.id, { answers: Object.fromEntries(entries) }) };
};

/** Whether what a person answers must stay out of the transcript. */
export const isSecret = (pending: PendingRequest, ask: Ask): boolean =>
  pending.method === QUESTION && fieldOf(questionFor(pending, ask), 'isSecret') === true;

const COMMAND = 'item/commandExecution/requestApproval';
const CHANGE = 'item/fileChange/requestApproval';
const PERMISSIONS = 'item/permissions/requestApproval';
const QUESTION = 'item/tool/requestUserInput';
const ELICITATION = 'mcpServer/elicitation/request';

type MakeAsks = (id: string, params: unknown, item: unknown) => readonly Ask[];

const ASKS: Readonly<Record<string, MakeAsks>> = {
  [COMMAND]: (id, params) => {
    const script = scriptOf(textAt(params, 'command'));
    const host = textAt(params, 'networkApprovalContext', 'host');
    const title = script === '' ? `Connect to ${host || 'the network'}` : `Run: ${firstLine(script, TITLE_CHARS)}`;
    return [permission(id, title, [script, host === '' ? '' : `It connects to ${host}.`, whereAndWhy(params)])];
  },
  [CHANGE]: (id, params, item) => {
    const root = textAt(params, 'grantRoot');
    const title = `Edit ${changesTitle(item) || 'files'}`;
    return [
      permission(id, title, [changesText(item), root && `It wants to write below ${root}.`, whereAndWhy(params)]),
    ];
  },
  [PERMISSIONS]: (id, params) => {
    const wanted = JSON.stringify(fieldOf(params, 'permissions') ?? {}, null, 2);
    return [permission(id, 'Get more permissions', [wanted, whereAndWhy(params)])];
  },
  [QUESTION]: (id, params) =>
    listAt(params, 'questions').map((question, index) => questionAsk(`${id}/${index}`, question)),
  [ELICITATION]: (id, params) => [elicitationAsk(id, params)],
};

const TITLE_CHARS = 300;

const permission = (id: string, title: string, detail: readonly string[]): Ask => ({
  id,
  kind: 'permission',
  title,
  detail: detail.filter(text => text !== '').join('\n\n'),
  options: [
    { id: 'allow', label: 'Allow', kind: 'allow' },
    { id: 'always', label: 'Allow in this session', kind: 'allow_always' },
    { id: 'deny', label: 'Refuse', kind: 'deny' },
  ],
});

const whereAndWhy = (params: unknown): string => {
  const [cwd, reason] = [textAt(params, 'cwd'), textAt(params, 'reason')];
  return [cwd && `In: ${cwd}`, reason && `Why it asks: ${reason}`].filter(text => text !== '').join('\n');
};

const questionAsk = (id: string, question: unknown): Ask => {
  const text = textAt(question, 'question');
  const choices = listAt(question, 'options').slice(0, MAX_CHOICES);
  const lines = choices.map(choice => {
    const about = textAt(choice, 'description');
    return `- ${textAt(choice, 'label')}${about === '' ? '' : `: ${about}`}`;
  });
  return {
    id,
    kind: 'question',
    title: firstLine(text) || textAt(question, 'header') || 'It asks',
    detail: [text, ...(lines.length > 0 ? ['', ...lines] : [])].join('\n'),
    options: [
      ...choices.map((choice, index) => ({
        id: `choice-${index}`,
        label: textAt(choice, 'label'),
        kind: 'choice' as const,
      })),
      { id: 'answer', label: 'Answer in your own words', kind: 'answer' },
      { id: 'deny', label: 'Let it decide by itself', kind: 'deny' },
    ],
  };
};

const questionFor = (pending: PendingRequest, ask: Ask): unknown =>
  listAt(pending.params, 'questions')[Number(ask.id.slice(ask.id.lastIndexOf('/') + 1))];

const questionId = (pending: PendingRequest, ask: Ask): string => textAt(questionFor(pending, ask), 'id');

type MakeResult = (pending: PendingRequest, act: Extract<Act, { type: 'answer' }>, option: AskOption) => object;

/** `cancel` would end the turn as well: a refusal lets it go on in another way. */
const decision: MakeResult = (_pending, _act, { kind }) => ({
  decision: kind === 'allow' ? 'accept' : kind === 'allow_always' ? 'acceptForSession' : 'decline',
});

const RESULTS: Readonly<Record<string, MakeResult>> = {
  [COMMAND]: decision,
  [CHANGE]: decision,
  [PERMISSIONS]: (pending, _act, { kind }) => ({
    permissions: kind === 'deny' ? {} : (fieldOf(pending.params, 'permissions') ?? {}),
    scope: kind === 'allow_always' ? 'session' : 'turn',
  }),
  [ELICITATION]: (pending, act, option) => elicitationResult(pending.params, option, act.text),
};
