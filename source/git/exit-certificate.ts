import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isGastownError } from '../common/errors.ts';
import { readFileIfPresent } from '../common/files.ts';
import { plural, safeLine } from '../common/text.ts';
import type { Landing } from './landing.ts';

/** Why a checkout may be removed for good, or what it still holds. */
export interface ExitCertificate {
  readonly head?: string;
  /** Nothing would be lost with it. */
  readonly isEmpty: boolean;
  /** What it still holds, in plain words; none when it is empty. */
  readonly holds: readonly string[];
}

/** First-parent commits of the target that squashed work is looked for in. Each costs two Git processes. */
const SQUASHED_MAX = 50;
/** The newest landed requests of a worker that are compared with what lies in its checkout. */
const LANDED_HEADS_MAX = 5;
/** Branches and tags of a checkout that are looked at; more than that nobody made for one bead. */
const REFS_MAX = 100;

/**
 * Looks whether anything would be lost with a checkout: files, commits (by their ids or, where they landed in another
 * shape, by their patches), branches, a stash, submodules. Git never runs in the checkout: its refs are read as files, its
 * HEAD is fetched by path. What cannot be read counts as held.
 */
export const certifyCheckout = async (options: {
  landing: Landing;
  checkout: string;
  /** The target's tip. */
  tip: string;
  /** Heads that the town made of what lay here and that landed: files committed by the town are no loss. */
  landedHeads?: readonly string[];
  /** Ref of the town's own that keeps all of it. */
  ref: string;
  author: { name: string; email: string };
}): Promise<ExitCertificate> => {
  const { landing, checkout, tip, ref, author, landedHeads = [] } = options;
  const gitDir = path.join(checkout, '.git');
  const holds: string[] = [];
  if (existsSync(path.join(checkout, '.gitmodules')) || existsSync(path.join(gitDir, 'modules')))
    holds.push('submodules, whose own work cannot be seen from here');
  let head: string;
  try {
    head = await landing.fetchWork(checkout, ref);
  } catch (error) {
    if (!isGastownError(error, 'git_failed')) throw error;
    return { isEmpty: false, holds: [...holds, 'a repository that cannot be read'] };
  }
  const message = 'What a checkout held when it was taken away';
  const { sha: all, changed } = await landing.snapshot({ checkout, head, author, message, ref });
  if (changed && !(await isTreeOfLanded(landing, { commit: all, tip, landedHeads })))
    holds.push('files that were never committed');
  if (!(await isLanded(landing, { head, tip }))) holds.push('commits that never landed');
  const refs = await refsOf(gitDir);
  if (refs === undefined) holds.push(`more than ${REFS_MAX} branches`);
  if (refs?.some(({ name }) => name === 'refs/stash') || existsSync(path.join(gitDir, 'logs', 'refs', 'stash')))
    holds.push('a stash');
  const others = (refs ?? []).filter(({ name, sha }) => /^refs\/(heads|tags)\//.test(name) && sha !== head);
  let stray = 0;
  for (const { sha } of others) {
    const known = await landing.resolve(sha);
    if (known === undefined || !(await isLanded(landing, { head: known, tip }))) stray++;
  }
  if (stray > 0) holds.push(`${plural(stray, 'other branch', 'other branches')} with commits that never landed`);
  return { head, isEmpty: holds.length === 0, holds };
};

/** On the target by its id, commit by commit by its patches, or as one squashed patch. */
const isLanded = async (landing: Landing, { head, tip }: { head: string; tip: string }): Promise<boolean> => {
  if (await landing.isAncestor(head, tip)) return true;
  const base = await landing.mergeBase(head, tip);
  if (base === undefined) return false;
  const picked = await landing.line(['cherry', tip, head]);
  if (picked !== '' && picked.split('\n').every(line => line.startsWith('- '))) return true;
  const patch = await landing.patchId(base, head);
  if (patch === undefined) return false;
  for (const { sha, parents } of await landing.firstParents(tip, SQUASHED_MAX)) {
    if (sha === base) return false;
    if (parents[0] !== undefined && (await landing.patchId(parents[0], sha)) === patch) return true;
  }
  return false;
};

/** A script leaves its files uncommitted: the town commits them, and they landed if such a commit with just these files did. */
const isTreeOfLanded = async (
  landing: Landing,
  { commit, tip, landedHeads }: { commit: string; tip: string; landedHeads: readonly string[] },
): Promise<boolean> => {
  const tree = await landing.treeOf(commit);
  for (const head of landedHeads.slice(-LANDED_HEADS_MAX)) {
    if ((await landing.resolve(head)) === undefined || (await landing.treeOf(head)) !== tree) continue;
    if (await isLanded(landing, { head, tip })) return true;
  }
  return false;
};

interface Ref {
  readonly name: string;
  readonly sha: string;
}

/** Loose and packed refs, read as files; undefined when there are more than anybody needs. */
const refsOf = async (gitDir: string): Promise<readonly Ref[] | undefined> => {
  const refs: Ref[] = [];
  const folder = path.join(gitDir, 'refs');
  const entries = existsSync(folder) ? await readdir(folder, { withFileTypes: true, recursive: true }) : [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    if (refs.length > REFS_MAX) return undefined;
    const file = path.join(entry.parentPath, entry.name);
    const sha = safeLine((await readFileIfPresent(file)) ?? '').trim();
    if (OBJECT.test(sha)) refs.push({ name: path.relative(gitDir, file), sha });
  }
  for (const line of ((await readFileIfPresent(path.join(gitDir, 'packed-refs'))) ?? '').split('\n')) {
    const [, sha, name] = /^([0-9a-f]{40,64}) (refs\/\S+)$/.exec(line) ?? [];
    if (sha !== undefined && name !== undefined) refs.push({ name, sha });
    if (refs.length > REFS_MAX) return undefined;
  }
  return refs;
};

const OBJECT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
