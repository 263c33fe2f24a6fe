import {
  type Change,
  type ChangedFile,
  introducedBy,
  readBlobs,
  readChange,
  readPaths,
  readSizes,
} from '../../git/change.ts';
import { readHunks } from '../../git/hunks.ts';
import type { LandingRepository } from '../../git/landing-repository.ts';
import type { GuardFinding, Rig } from '../../ledger/schema.ts';
import { attributes, isAttributesFile } from './attributes.ts';
import { parseOwners } from './code-owners.ts';
import { collisions } from './collisions.ts';
import { atMost, finding } from './finding.ts';
import { keyFile } from './key-files.ts';
import { DEFAULT_GUARD_LIMITS, SCAN_BYTES, SCAN_FILE_BYTES, SCAN_FILES } from './limits.ts';
import { lostHunks } from './lost-hunks.ts';
import { newlyExecutable } from './modes.ts';
import { hostileName } from './names.ts';
import { isPackageFile, packageScripts } from './package-scripts.ts';
import { protectedPaths } from './protected-paths.ts';
import { findSecrets, type ScannedText, secretFinding } from './secrets.ts';
import { oversized } from './sizes.ts';
import { submodules } from './submodules.ts';
import { LINK_BYTES, symlink } from './symlinks.ts';
import { isBinary, textOf } from './text-of.ts';
import { mayHoldTests, weakenedTests } from './weakened-tests.ts';

export interface Look {
  readonly repository: Pick<LandingRepository, 'run'>;
  readonly rig: Pick<Rig, 'guards' | 'gates'>;
  /** Text of the target's CODEOWNERS. */
  readonly owners: string | undefined;
  /** Where the work began, its head, and the target it would land on. */
  readonly base: string;
  readonly head: string;
  readonly tip: string;
  /** The request for the same bead before this one. */
  readonly earlier?: { readonly base: string; readonly head: string; readonly wasConflict: boolean } | undefined;
}

/** Findings that a request keeps: what the ledger takes. */
const FINDINGS_KEPT = 200;

/** All that the guards see in a branch. Nothing is checked out, nothing of it runs, and what it says of itself decides nothing. */
export const lookAtChange = async (look: Look): Promise<GuardFinding[]> => {
  const change = await readChange(look.repository, look);
  if (change.commits.length === 0) return [];
  const looked = { ...look, change };
  const [secrets, files, hunks] = [await inCommits(looked), await inFiles(looked), await inRework(looked)];
  const found = [...secrets, ...files, ...hunks];
  return atMost(
    [...found.filter(one => one.kind === 'block'), ...found.filter(one => one.kind === 'ask')],
    FINDINGS_KEPT - 1,
  );
};

interface Looked extends Look {
  readonly change: Change;
}

// --------------------------------------------------------------------------------------------------- all of its commits

/** Files of every commit, and what the commits say: what a later commit removes again still lands with the one before. */
const inCommits = async (look: Looked): Promise<GuardFinding[]> => {
  const { change, rig, repository, head, tip } = look;
  const isFixture = matcher(rig.guards?.fixtures);
  const limits = {
    maxFileBytes: rig.guards?.maxFileBytes ?? DEFAULT_GUARD_LIMITS.maxFileBytes,
    maxBinaryBytes: rig.guards?.maxBinaryBytes ?? DEFAULT_GUARD_LIMITS.maxBinaryBytes,
  };
  const { scanned, left } = share(change.blobs);
  const contents = await readBlobs(repository, scanned);
  const blobs = new Map<ScannedText, string>();
  const sizes: GuardFinding[] = [];
  for (const blob of scanned) {
    const content = contents.get(blob.id) ?? Buffer.alloc(0);
    sizes.push(...oversized({ ...blob, isBinary: isBinary(content) }, limits));
    const text = { path: blob.path, text: textOf(content), isFixture: isFixture(blob.path) };
    if (text.text !== '') blobs.set(text, blob.id);
  }
  const messages = new Map<ScannedText, string>(
    change.commits.map(
      ({ id, text }) => [{ path: `message of ${id.slice(0, 12)}`, text, isFixture: false }, id] as const,
    ),
  );
  const hits: GuardFinding[] = [];
  for (const secret of await findSecrets([...blobs.keys(), ...messages.keys()])) {
    const blob = blobs.get(secret.source);
    const commit =
      blob === undefined
        ? messages.get(secret.source)!
        : ((await introducedBy(repository, { blob, head, tip })) ?? head);
    hits.push(secretFinding(secret, `commit ${commit.slice(0, 12)}`));
    if (hits.length > HITS_PLACED) break;
  }
  const unread = left.map(({ path, bytes }) =>
    finding('sizes', 'ask', {
      summary: `${path} (${Math.round(bytes / 1024)} kB) was not looked through for secrets: it is too much`,
      path,
    }),
  );
  return [
    ...atMost(hits),
    ...atMost(sizes),
    ...atMost(unread, 5),
    ...[...new Set(change.blobs.map(blob => blob.path))].flatMap(keyFile),
  ];
};

/** Hits whose commit is looked up: a child each. A branch with more is sent back for these. */
const HITS_PLACED = 40;

const share = (blobs: Change['blobs']): { scanned: Change['blobs']; left: Change['blobs'] } => {
  let bytes = 0;
  const scanned: Change['blobs'][number][] = [];
  const left: Change['blobs'][number][] = [];
  for (const blob of blobs) {
    const fits = blob.bytes <= SCAN_FILE_BYTES && bytes + blob.bytes <= SCAN_BYTES && scanned.length < SCAN_FILES;
    (fits ? scanned : left).push(blob);
    if (fits) bytes += blob.bytes;
  }
  return { scanned, left };
};

const matcher = (patterns: readonly string[] | undefined): ((path: string) => boolean) => {
  const rules = parseOwners((patterns ?? []).join('\n'));
  return path => rules.some(rule => rule.matches(path));
};

// ------------------------------------------------------------------------------------------------------ what it comes to

const SYMLINK = '120000';
const GITLINK = '160000';
const NO_FILE = '000000';

const inFiles = async (look: Looked): Promise<GuardFinding[]> => {
  const { change, rig, owners, repository, head } = look;
  const { files } = change;
  const contents = await contentsOf(look, files.filter(isRead));
  const present = files.filter(file => file.mode !== NO_FILE);
  const added = files.filter(file => file.status === 'added' || file.status === 'renamed').map(file => file.path);
  const versions = files.map(file => ({
    ...file,
    before: contents.get(file.oldBlob),
    after: contents.get(file.blob),
  }));
  return [
    ...present.flatMap(({ path, isUtf8, mode }) => hostileName({ path, isUtf8, isLink: mode === SYMLINK })),
    ...versions.flatMap(({ path, mode, after }) => (mode === SYMLINK ? (symlink(path, after ?? '') ?? []) : [])),
    ...(await submodulesOf(look)),
    ...versions.flatMap(({ path, before, after }) =>
      isAttributesFile(path) ? attributes(path, { before, after }) : [],
    ),
    ...protectedPaths({
      paths: files.flatMap(({ path, oldPath }) => [path, ...(oldPath === undefined ? [] : [oldPath])]),
      owners,
      settings: rig.guards,
      gates: rig.gates,
    }),
    ...versions.flatMap(({ path, before, after }) =>
      isPackageFile(path) ? packageScripts(path, { before, after }) : [],
    ),
    ...weakenedTests(versions.filter(isAboutTests)),
    ...files.flatMap(newlyExecutable),
    ...collisions(added, added.length > 0 ? await readPaths(repository, head) : []),
  ];
};

const isAboutTests = ({ path, oldPath }: ChangedFile): boolean => mayHoldTests(path) || mayHoldTests(oldPath ?? path);

/** Files whose versions some guard compares. */
const isRead = (file: ChangedFile): boolean =>
  file.mode === SYMLINK || isAttributesFile(file.path) || isPackageFile(file.path) || isAboutTests(file);

/** Texts by blob, of both versions. What is too large to be written by hand, or not there, has none. */
const contentsOf = async (
  { repository }: Look,
  files: readonly ChangedFile[],
): Promise<ReadonlyMap<string, string>> => {
  const ids = files.flatMap(({ oldBlob, blob, oldMode, mode }) => [
    ...(oldMode === NO_FILE || oldMode === GITLINK ? [] : [oldBlob]),
    ...(mode === NO_FILE || mode === GITLINK ? [] : [blob]),
  ]);
  const sizes = await readSizes(repository, [...new Set(ids)]);
  const wanted = [...sizes].filter(([, bytes]) => bytes <= READ_BYTES).map(([id, bytes]) => ({ id, bytes }));
  const contents = await readBlobs(repository, wanted);
  return new Map([...contents].map(([id, content]) => [id, content.toString('utf8')]));
};

/** A file of tests, attributes or scripts is smaller. A link's target beyond `LINK_BYTES` is wrong whatever it is. */
const READ_BYTES = Math.max(2_097_152, LINK_BYTES);

const submodulesOf = async ({ change, repository, head }: Looked): Promise<GuardFinding[]> => {
  const about = change.files.filter(
    ({ path, mode, oldMode }) => mode === GITLINK || oldMode === GITLINK || path.toLowerCase() === '.gitmodules',
  );
  if (about.length === 0) return [];
  const { stdout, code } = await repository.run(['cat-file', 'blob', `${head}:.gitmodules`], { okCodes: [0, 128] });
  return submodules(about, { gitmodules: code === 0 ? stdout : undefined });
};

// ------------------------------------------------------------------------------------------------------ done once more

/** Work that began anew, or took the target in: what was there before, on either side, must be there still. */
const inRework = async ({ change, repository, base, earlier, head }: Looked): Promise<GuardFinding[]> => {
  const from = earlier?.base ?? base;
  if (from === change.from) return [];
  const [before, landed, now] = await Promise.all([
    earlier && readHunks(repository, earlier.base, earlier.head),
    readHunks(repository, from, change.from),
    readHunks(repository, change.from, head),
  ]);
  if (!landed || !now || (earlier && !before)) {
    return [
      finding('lost-hunks', 'ask', {
        summary: 'too much has changed since to see whether the work done again lost anything',
      }),
    ];
  }
  const linesNow = await linesOf({ repository, head }, [...(before?.keys() ?? [])]);
  return lostHunks({ earlier: before, wasConflict: earlier?.wasConflict === true, landed, now, linesNow });
};

const linesOf = async (
  { repository, head }: Pick<Looked, 'repository' | 'head'>,
  paths: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const found = new Map<string, ReadonlySet<string>>();
  for (const path of paths.slice(0, FILES_COMPARED)) {
    const { stdout, code } = await repository.run(['cat-file', 'blob', `${head}:${path}`], { okCodes: [0, 128] });
    if (code === 0) found.set(path, new Set(stdout.split('\n').map(line => line.trim())));
  }
  return found;
};

/** Files of earlier work that are read again, a child each. */
const FILES_COMPARED = 100;
