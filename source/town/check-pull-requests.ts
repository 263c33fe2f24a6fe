import { z } from 'zod';
import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import { createGh } from '../git/github/gh.ts';
import { repositoryNameOf } from '../git/github/repository-name.ts';
import type { Rig } from '../ledger/schema.ts';

/** Whether a rig could land by pull requests just now: `gh` is there, logged in, sees the repository and may merge in it. */
export const checkPullRequests = async (rig: Rig, env: NodeJS.ProcessEnv): Promise<string> => {
  const repository = repositoryNameOf(rig.origin);
  if (!repository) {
    throw new GastownError('gh_failed', `${rig.id} is to land by pull requests, and its address is none of GitHub.`, {
      hint: `gastown rig set-origin ${rig.id} <url>, or gastown rig set ${rig.id} --land push.`,
    });
  }
  const text = await createGh({ env }).run(['repo', 'view', repository.full, '--json', FIELDS]);
  const seen = answerSchema.parse(JSON.parse(text));
  if (!WRITERS.has(seen.viewerPermission ?? '')) {
    throw new GastownError('gh_failed', `whoever gh is logged in as may not merge in ${safeLine(repository.full)}.`, {
      hint: 'Log in with `gh auth login` as somebody who may write there.',
    });
  }
  const note = seen.mergeCommitAllowed
    ? ''
    : '; the repository allows no merge commits, so that each is squashed or rebased';
  return `gh may open and merge pull requests in ${safeLine(repository.full)}${note}`;
};

const FIELDS = 'viewerPermission,mergeCommitAllowed';
const answerSchema = z.looseObject({ viewerPermission: z.string().nullish(), mergeCommitAllowed: z.boolean() });
const WRITERS: ReadonlySet<string> = new Set(['WRITE', 'MAINTAIN', 'ADMIN']);
