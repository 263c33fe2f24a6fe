import { EXIT, GastownError } from '../common/errors.ts';
import { plural, safeLine } from '../common/text.ts';
import { townPaths } from '../town/paths.ts';
import { rememberedRemote, remoteOf, shown } from '../town/sync/remote.ts';
import { type Synced, syncTown } from '../town/sync/sync.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown sync [remote]`: merges this town's ledger with that of its other copies. */
export const sync = (
  invocation: Invocation,
  [given]: string[],
  options: Record<string, unknown>,
): Promise<number | undefined> =>
  withTown(invocation, async town => {
    const { output, env } = invocation;
    const gitDir = townPaths(town.dir).ledger;
    const remote = given === undefined ? await rememberedRemote(gitDir) : remoteOf(given, invocation.cwd);
    if (remote === undefined) {
      throw new GastownError('usage', 'This town was never synced: name a remote.', {
        hint: 'A path or URL of a Git repository that all machines reach: gastown sync <remote>',
      });
    }
    if (given === undefined) output.say(`With ${shown(remote)}, the remote of the last sync.`);
    const dryRun = options.dryRun === true;
    const synced = await syncTown(town.sync, {
      gitDir,
      remote,
      env,
      dryRun,
      takeOver: options.takeOver === true,
      allowDeletions: options.allowDeletions === true,
    });
    output.record('sync', { remote: shown(remote), dryRun, ...synced });
    report(invocation, synced, { remote: shown(remote), dryRun });
    return EXIT.done;
  });

const report = (
  { output }: Invocation,
  synced: Synced,
  { remote, dryRun }: { remote: string; dryRun: boolean },
): void => {
  const { came, went, notes, home, takenOver } = synced;
  const would = dryRun ? 'would come' : 'came';
  output.say(counted(came) ? `From ${remote} ${would}: ${counted(came)}.` : `Nothing new ${would} from ${remote}.`);
  output.say(
    counted(went) ? `To it ${dryRun ? 'would go' : 'went'}: ${counted(went)}.` : 'It has everything from here.',
  );
  for (const note of notes) output.say(`  ${safeLine(note.id)}: ${safeLine(note.text)}`);
  if (takenOver?.from !== undefined) {
    output.say(`The town works here now, and no longer on ${safeLine(takenOver.from)}.`);
    for (const merge of takenOver.missing)
      output.say(`  ${safeLine(merge)}: its commits are only there; its bead is worked on again.`);
  } else if (takenOver) output.say('The town works here already.');
  else if (home && !home.isHere)
    output.say(`The town works on ${safeLine(home.host)}; \`gastown sync --take-over\` moves it here.`);
};

const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([kind]) => kind !== 'decisions')
    .map(([kind, count]) => plural(count, NOUNS[kind] ?? kind, NOUNS[kind] === undefined ? kind : undefined))
    .join(', ');

const NOUNS: Readonly<Record<string, string>> = {
  beads: 'bead',
  convoys: 'convoy',
  polecats: 'polecat',
  rigs: 'repository record',
  verdicts: 'gate result',
  merges: 'merge request',
  approvals: 'approval',
  sessions: 'session',
  escalations: 'escalation',
  town: 'town record',
};
