import type { WireStart } from '../wire/protocol.ts';
import { request } from './codex-rpc.ts';
import { fieldOf, listAt, textAt } from './fields.ts';

/** Told to Codex and, by it, to the model's service. */
const CLIENT = { name: 'gastown', title: 'Gas Town', version: '1' };

/** Said many times a second, or with all that was said before: what they tell comes as a whole item as well. */
const NOT_WANTED = [
  'item/agentMessage/delta',
  'item/plan/delta',
  'item/fileChange/outputDelta',
  'item/reasoning/textDelta',
  'turn/diff/updated',
];

/** First of all. */
export const helloRequest = (): unknown =>
  request('open', 'initialize', {
    clientInfo: CLIENT,
    capabilities: { experimentalApi: false, optOutNotificationMethods: NOT_WANTED },
  });

export const hooksRequest = (id: 'hooks' | 'hooks-again', cwd: string): unknown =>
  request(id, 'hooks/list', { cwds: [cwd] });

/** Approval and sandbox are those of the command line. */
export const threadRequest = ({ cwd, model, resume }: Pick<WireStart, 'cwd' | 'model' | 'resume'>): unknown => {
  const common = { cwd, ...(model !== undefined && { model }) };
  return resume === undefined
    ? request('thread', 'thread/start', common)
    : request('resume', 'thread/resume', { threadId: resume, excludeTurns: true, ...common });
};

/** What is known of the hooks in the private home. Codex passes over those that it does not trust without a word. */
export interface HookCheck {
  /** Trust to be written, by key: Codex's own hash of what it is about to run. */
  readonly untrusted: Readonly<Record<string, { readonly trusted_hash: string }>>;
  /** Why the guard would not run, in one line; '' when it does or will once they are trusted. */
  readonly missing: string;
}

/** Reads an answer to `hooks/list`. `file` is the private home's hooks.json; hooks of a repository stay untrusted. */
export const checkHooks = (result: unknown, file: string): HookCheck => {
  const ours = listAt(result, 'data')
    .flatMap(entry => listAt(entry, 'hooks'))
    .filter(hook => textAt(hook, 'sourcePath') === file);
  const errors = listAt(result, 'data').flatMap(entry => listAt(entry, 'errors'));
  const runs = (event: string) =>
    ours.some(hook => textAt(hook, 'eventName') === event && fieldOf(hook, 'enabled') === true);
  const absent = NEEDED.filter(event => !runs(event));
  const untrusted = ours
    .filter(hook => !['trusted', 'managed'].includes(textAt(hook, 'trustStatus')))
    .map(hook => [textAt(hook, 'key'), { trusted_hash: textAt(hook, 'currentHash') }] as const);
  const why = textAt(errors[0], 'message');
  return {
    untrusted: Object.fromEntries(untrusted),
    missing:
      absent.length === 0 ? '' : `Codex does not run the town's ${absent.join(' and ')} hook${why && `: ${why}`}`,
  };
};

export const trustRequest = (untrusted: HookCheck['untrusted']): unknown =>
  request('trust', 'config/batchWrite', {
    edits: [{ keyPath: 'hooks.state', mergeStrategy: 'upsert', value: untrusted }],
    reloadUserConfig: true,
  });

/** The guard, and the reminder. */
const NEEDED = ['preToolUse', 'stop'] as const;
