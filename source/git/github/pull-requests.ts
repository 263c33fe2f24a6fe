import { z } from 'zod';
import { GastownError, isGastownError } from '../../common/errors.ts';
import { safeLine, safeText } from '../../common/text.ts';
import { type Check, checkSchema, checksOf } from './checks.ts';
import type { Gh } from './gh.ts';
import type { RepositoryName } from './repository-name.ts';

export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: 'OPEN' | 'CLOSED' | 'MERGED';
  readonly isDraft: boolean;
  readonly head: string;
  readonly base: string;
  /** GitHub's own words for whether it can be merged: `CONFLICTING`; `BLOCKED`, `CLEAN`, `UNKNOWN`, … */
  readonly mergeable: string;
  readonly mergeState: string;
  readonly reviewDecision: string;
  readonly checks: readonly Check[];
  readonly reviews: readonly Review[];
  readonly mergeCommit?: string;
}

export interface Review {
  readonly author: string;
  readonly state: string;
  readonly body: string;
  /** ms since the epoch. */
  readonly at: number;
}

export interface Described {
  readonly title: string;
  readonly body: string;
}

/** The pull requests of one repository, as `gh` sees them. Every text in an answer is safe for a terminal. */
export interface PullRequests {
  view(number: number): Promise<PullRequest>;
  /** Those whose branch is one of this repository's own of that name, newest first. */
  from(branch: string): Promise<PullRequest[]>;
  /** Opens one; where there is one open already, that is the answer. */
  open(what: Described & { branch: string; base: string }): Promise<PullRequest>;
  describe(number: number, what: Described): Promise<void>;
  /** Has it merged if its head still is that commit. Whether it was, the target itself says. */
  merge(number: number, head: string): Promise<void>;
  /** The last thing that somebody said in it. */
  lastWords(number: number): Promise<string | undefined>;
}

export const createPullRequests = (gh: Gh, repository: RepositoryName): PullRequests => {
  const at = ['--repo', repository.full];
  const view = async (number: number): Promise<PullRequest> =>
    fromAnswer(answerSchema, await gh.run(['pr', 'view', String(number), ...at, '--json', FIELDS]), shown);
  const from = (branch: string): Promise<PullRequest[]> =>
    gh
      .run(['pr', 'list', ...at, '--head', branch, '--state', 'all', '--limit', '30', '--json', FIELDS])
      .then(text => fromAnswer(z.array(answerSchema), text, list => list.filter(isOwn).map(shown)))
      .then(list => list.sort((a, b) => b.number - a.number));
  return {
    view,
    from,
    async open({ branch, base, title, body }) {
      try {
        const args = ['--head', branch, '--base', base, '--title', title, '--body-file', '-'];
        const said = await gh.run(['pr', 'create', ...at, ...args], { input: body });
        const number = /\/pull\/(\d+)\s*$/.exec(said.trim())?.[1];
        if (number !== undefined) return view(Number(number));
      } catch (error) {
        // Somebody, or an earlier start of this town, was faster.
        if (!isGastownError(error, 'gh_failed') || !/already exists/i.test(error.message)) throw error;
      }
      const open = (await from(branch)).find(({ state }) => state === 'OPEN');
      if (open) return open;
      throw new GastownError('gh_failed', 'gh opened a pull request and does not show it yet.');
    },
    async describe(number, what) {
      // `gh pr edit` asks for more than the two texts, and fails where that is not allowed.
      const path = `repos/${repository.owner}/${repository.name}/pulls/${number}`;
      await gh.run(['api', '--hostname', repository.host, '--method', 'PATCH', path, '--input', '-', '--silent'], {
        input: JSON.stringify(what),
      });
    },
    async merge(number, head) {
      for (const method of METHODS) {
        try {
          await gh.run(['pr', 'merge', String(number), ...at, `--${method}`, '--match-head-commit', head]);
          return;
        } catch (error) {
          if (method === METHODS.at(-1) || !isGastownError(error, 'gh_failed') || !NOT_ALLOWED.test(error.message))
            throw error;
        }
      }
    },
    async lastWords(number) {
      const text = await gh.run(['pr', 'view', String(number), ...at, '--json', 'comments']);
      const said = fromAnswer(commentsSchema, text, ({ comments }) => comments.at(-1));
      return said && safeLine(`${said.author?.login ?? 'somebody'}: ${said.body}`).slice(0, WORDS_CHARS);
    },
  };
};

/** A merge commit keeps each request's own commits; where the repository does not allow one, the tree is still the tested one. */
const METHODS = ['merge', 'squash', 'rebase'] as const;
const NOT_ALLOWED = /(merge commits|squash merges|rebase merges|merge method \w+) (are|is) not allowed/i;
const WORDS_CHARS = 300;
const BODY_CHARS = 4_000;

const FIELDS = [
  ...['number', 'url', 'state', 'isDraft', 'headRefOid', 'baseRefName', 'isCrossRepository', 'mergeable'],
  ...['mergeStateStatus', 'reviewDecision', 'statusCheckRollup', 'reviews', 'mergeCommit'],
].join(',');

const author = z.looseObject({ login: z.string() }).nullish();
const answerSchema = z.looseObject({
  number: z.number().int().min(1),
  url: z.string(),
  state: z.enum(['OPEN', 'CLOSED', 'MERGED']),
  isDraft: z.boolean(),
  headRefOid: z.string(),
  baseRefName: z.string(),
  isCrossRepository: z.boolean(),
  mergeable: z.string().nullish(),
  mergeStateStatus: z.string().nullish(),
  reviewDecision: z.string().nullish(),
  statusCheckRollup: z.array(checkSchema).nullish(),
  reviews: z
    .array(z.looseObject({ author, state: z.string(), body: z.string().nullish(), submittedAt: z.string().nullish() }))
    .nullish(),
  mergeCommit: z.looseObject({ oid: z.string() }).nullish(),
});
type Answer = z.infer<typeof answerSchema>;
const commentsSchema = z.looseObject({ comments: z.array(z.looseObject({ author, body: z.string() })) });

/** A fork may have a branch of any name. */
const isOwn = (answer: Answer): boolean => !answer.isCrossRepository;

const shown = (answer: Answer): PullRequest => ({
  number: answer.number,
  url: safeLine(answer.url),
  state: answer.state,
  isDraft: answer.isDraft,
  head: safeLine(answer.headRefOid),
  base: safeLine(answer.baseRefName),
  mergeable: safeLine(answer.mergeable ?? ''),
  mergeState: safeLine(answer.mergeStateStatus ?? ''),
  reviewDecision: safeLine(answer.reviewDecision ?? ''),
  checks: checksOf(answer.statusCheckRollup ?? []),
  reviews: (answer.reviews ?? []).map(review => ({
    author: safeLine(review.author?.login ?? 'somebody').slice(0, 80),
    state: safeLine(review.state),
    body: safeText(review.body ?? '').slice(0, BODY_CHARS),
    at: Date.parse(review.submittedAt ?? '') || 0,
  })),
  ...(answer.mergeCommit && { mergeCommit: safeLine(answer.mergeCommit.oid) }),
});

const fromAnswer = <Schema extends z.ZodType, Made>(
  schema: Schema,
  text: string,
  make: (answer: z.infer<Schema>) => Made,
): Made => {
  try {
    return make(schema.parse(JSON.parse(text)));
  } catch (cause) {
    throw new GastownError('gh_failed', 'gh answered what cannot be read.', {
      hint: 'Update gh to 2.40 or newer.',
      cause,
    });
  }
};
