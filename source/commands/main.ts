import { Command, CommanderError, Option } from 'commander';
import { EXIT, GastownError } from '../common/errors.ts';
import { ownVersion } from '../common/own-files.ts';
import { declareGates } from './declare-gates.ts';
import { declareIntegrate } from './declare-integrate.ts';
import type { Invocation } from './invocation.ts';
import { declareLasting } from './lasting.ts';
import { createOutput, reportError } from './output.ts';
import { declareUpkeep } from './upkeep.ts';

/** Parses the command line, runs one command and returns its exit code. Never throws. */
export const main = async (argv: readonly string[]): Promise<number> => {
  const json = argv.includes('--json');
  let exitCode: number = EXIT.done;
  const program = createProgram(code => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done;
      return reportError(usageError(error, { argv, program }), json);
    }
    return reportError(error, json);
  }
};

/** What is wrong with the command line. Where a command of a group is missing, commander only says that it printed its help. */
const usageError = ({ code, message }: CommanderError, { argv, program }: CommandLine): GastownError => {
  const hint = 'gastown --help lists the commands.';
  if (code !== 'commander.help') return new GastownError('usage', message.replace(/^error: /, ''), { hint });
  const group = argv.find(word => program.commands.some(each => each.commands.length > 0 && each.name() === word));
  if (group === undefined) return new GastownError('usage', `There is no command "${argv.at(-1)}".`, { hint });
  return new GastownError('usage', `gastown ${group} needs one of its commands.`, {
    hint: `gastown help ${group} lists them.`,
  });
};

interface CommandLine {
  readonly argv: readonly string[];
  readonly program: Command;
}

/** The whole command line, for help, documents and tests. */
export const createProgram = (exit: (code: number) => void): Command => {
  const program = new Command('gastown')
    .description('Runs many coding agents on your repositories and lands only work whose gates passed.')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError()
    .helpCommand('help [command]', 'what a command does and takes')
    .version(ownVersion(), '-V, --version', 'print the version')
    .addOption(new Option('--town <dir>', 'the town to work on').env('GASTOWN_TOWN'))
    .option('--json', 'one JSON object a line')
    .enablePositionalOptions(false);

  /** Declares a command whose code is loaded only when it is run. */
  const command = (
    parent: Command,
    usage: string,
    description: string,
    load: () => Promise<
      (invocation: Invocation, args: string[], options: Record<string, unknown>) => Promise<number | undefined>
    >,
  ): Command =>
    parent
      .command(usage)
      .description(description)
      .option('--json', 'one JSON object a line')
      .option('--town <dir>', 'the town to work on')
      .action(async (...given: unknown[]) => {
        const self = given.at(-1) as Command;
        const options = self.optsWithGlobals() as Record<string, unknown>;
        const args = (given.slice(0, -2) as (string | string[] | undefined)[]).flat().filter(arg => arg !== undefined);
        const run = await load();
        exit((await run(invocationOf(options), args, options)) ?? EXIT.done);
      });

  program
    .argument('[dir]', 'a folder inside a Git repository or a town')
    .option('--readonly', 'look, change nothing')
    .option('--lite', 'spare the line: draw less often and without borders (else by its measured round trip)')
    .action(async (dir: string | undefined, options: Record<string, unknown>) => {
      const { screen } = await import('./screen.ts');
      exit(await screen(invocationOf(options), dir === undefined ? [] : [dir], options));
    });

  command(program, 'init <dir>', 'create a town', async () => (await import('./init.ts')).init).option(
    '--name <name>',
    'its name',
  );

  command(
    program,
    'clone <remote> <dir>',
    'another copy of a town, from the remote it was synced with',
    async () => (await import('./clone.ts')).clone,
  );
  command(
    program,
    'sync [remote]',
    'merge this town with its copies on other machines, through a Git remote (default: the last one)',
    async () => (await import('./sync.ts')).sync,
  )
    .option('--take-over', 'have the town work on this machine from now on')
    .option('--allow-deletions', 'even when many beads would be deleted')
    .option('--dry-run', 'say what would come and go, and change nothing');

  const rig = program.command('rig').description('repositories under the care of the town');
  /** What guards are told, wherever a rig's rules are chosen. */
  const guarded = (to: Command): Command =>
    to
      .option(
        '--protect <pattern>',
        'files that only a person lets change, as in CODEOWNERS; repeat for more',
        collect,
        [],
      )
      .option('--unprotect <pattern>', 'files that need no person although they are protected else', collect, [])
      .option('--fixtures <pattern>', 'files whose secrets are made up: a person is asked about new ones', collect, []);
  const rigRules = (to: Command): Command => guarded(walled(to));
  rigRules(
    command(
      rig,
      'add <name> <origin>',
      'add a repository by path or URL',
      async () => (await import('./rig.ts')).rigAdd,
    ),
  )
    .option('--branch <branch>', 'target branch (default: the one checked out)')
    .option('--gate <name=command>', 'a gate; repeat for more (default: found in the repository)', collect, [])
    .option('--no-gates', 'no gates: every merge needs a person')
    .option('--setup <command>', 'run once before gates in a fresh checkout')
    .option('-y, --yes', 'take the gates that are found, without asking')
    .option('--policy <policy>', 'who approves merges: auto, guarded or all', 'guarded')
    .option('--agent <name>', 'default agent', 'shell')
    .option('--prefix <prefix>', "prefix of its beads' ids");
  rigRules(
    command(
      rig,
      'set <name>',
      'change its agent, policy, gates, setup or sandbox; what is not named stays',
      async () => (await import('./rig.ts')).rigSet,
    ),
  )
    .option('--agent <name>', 'default agent')
    .option('--policy <policy>', 'who approves merges: auto, guarded or all')
    .option('--gate <name=command>', 'these gates instead; repeat for more', collect, [])
    .option('--no-gates', 'no gates: every merge needs a person')
    .option('--setup <command>', 'run once before gates in a fresh checkout');
  command(
    rig,
    'set-origin <name> <origin>',
    'say where a repository lies on this machine',
    async () => (await import('./rig.ts')).rigSetOrigin,
  );
  command(rig, 'list', 'the repositories', async () => (await import('./rig.ts')).rigList);
  command(
    rig,
    'remove <name>',
    'take a repository out of the town; the repository itself is not touched',
    async () => (await import('./rig.ts')).rigRemove,
  );

  const plan = program.command('plan').description('plans: a goal as a convoy of beads');
  command(plan, 'import <file>', 'import a Markdown plan', async () => (await import('./plan.ts')).planImport)
    .option('--rig <name>', 'repository (default: the only one)')
    .option('--sling', 'approve it at once');
  command(
    plan,
    'propose <goal...>',
    'have an agent propose a plan for a goal; nothing starts before you approve it',
    async () => (await import('./plan.ts')).planPropose,
  )
    .option('--rig <name>', 'repository (default: the only one)')
    .option('--agent <name>', 'who plans (default: [mayor] in town.toml, else an agent that is installed)');
  command(plan, 'show <convoy>', 'a plan as Markdown', async () => (await import('./plan-text.ts')).planShow);
  command(
    plan,
    'edit <convoy>',
    'change a proposed plan in your editor',
    async () => (await import('./plan-text.ts')).planEdit,
  ).option('-f, --file <file>', 'take it from this file instead');
  command(plan, 'approve <convoy>', 'approve a proposed plan', async () => (await import('./plan.ts')).planApprove);
  command(
    plan,
    'cancel <convoy>',
    'give a plan up; what is under way of it goes on',
    async () => (await import('./plan.ts')).planCancel,
  ).option('-m, --message <text>', 'why');

  const agents = command(
    program,
    'agents',
    'the agents: which were found here, in which version, and what each can do',
    async () => (await import('./agents.ts')).agents,
  );
  command(
    agents,
    'test <name>',
    'have an agent do one small task in a throw-away town, landing included',
    async () => (await import('./agents-test.ts')).agentsTest,
  );

  command(program, 'run', 'orchestrate without a screen', async () => (await import('./run.ts')).run)
    .option('--until <condition>', 'stop when: idle')
    .option('--headless', 'go on after the terminal is gone');
  command(
    program,
    'demo',
    'a seeded town in a temporary folder that shows every part',
    async () => (await import('./demo.ts')).demo,
  )
    .option('--headless', 'no screen: a plain log that ends by itself')
    .option('--keep <dir>', 'make the town here and keep it');

  command(
    program,
    'sling <ids...>',
    'have beads or whole convoys worked on',
    async () => (await import('./work.ts')).sling,
  )
    .option('--agent <name>', 'by this agent')
    .option('--to <polecat>', 'by this polecat');
  command(program, 'unsling <ids...>', 'take the wish back', async () => (await import('./work.ts')).unsling);
  command(
    program,
    'stop <polecat>',
    "end a polecat's session; its work in progress is kept",
    async () => (await import('./work.ts')).stop,
  ).option('--requeue', 'give the bead to another polecat');
  command(program, 'create <title>', 'create a bead', async () => (await import('./work.ts')).create)
    .option('-d, --description <text>', 'what to do; a fenced sh block is work for the shell agent')
    .option('--rig <name>', 'repository (default: the only one)')
    .option('-p, --priority <n>', '0 (highest) to 4', '2')
    .option('--sling', 'have it worked on at once');

  for (const [name, description] of [
    ['status', 'the town on one page'],
    ['polecats', 'the workers'],
    ['merges', 'the merge queue'],
    ['convoys', 'the plans'],
    ['attention', 'all that waits for a person'],
  ] as const) {
    command(program, name, description, async () => (await import('./show.ts'))[name]);
  }
  command(
    program,
    'radar',
    'which branches in flight will conflict, with each other and with the target',
    async () => (await import('./radar.ts')).radar,
  );
  command(
    program,
    'seance <bead> [session] [question...]',
    'earlier sessions of a bead; how one ended; or what it answers to a question',
    async () => (await import('./seance.ts')).seance,
  );
  command(
    program,
    'costs',
    'what the model calls cost, from the records of the town',
    async () => (await import('./costs.ts')).costs,
  ).option('--by <group>', 'bead, convoy, session, polecat, rig, agent, model, day or change (landed commit)', 'bead');
  command(
    program,
    'budget [scope] [usd]',
    'the budgets; or set one: bead, convoy, day, town, the id of a bead or convoy, day:<date>; none removes it',
    async () => (await import('./costs.ts')).budget,
  );
  command(
    program,
    'history <id>',
    'every change of a record: who, when, what and why',
    async () => (await import('./history.ts')).history,
  );
  command(
    program,
    'undo [number]',
    'take back what you did last, after saying what that changes',
    async () => (await import('./undo.ts')).undo,
  )
    .option('--list', 'the steps that can be taken back, with their numbers')
    .option('--dry-run', 'only say what would change')
    .option('-y, --yes', 'do not ask');
  command(program, 'redo', 'do again what was taken back last', async () => (await import('./undo.ts')).redo)
    .option('--dry-run', 'only say what would change')
    .option('-y, --yes', 'do not ask');
  command(
    program,
    'compact',
    'fold the texts of beads closed long ago into digests; the history keeps them',
    async () => (await import('./compact.ts')).compact,
  )
    .option('--older-than <time>', 'closed longer ago than this: 30d, 12h (default: as configured)')
    .option('--dry-run', 'only say what would be folded');
  command(
    program,
    'restore <bead>',
    'bring the texts of a folded bead back from the history',
    async () => (await import('./compact.ts')).restore,
  );
  declareLasting(program, command);
  declareGates(program, command);
  declareIntegrate(program, command);
  declareUpkeep(program, command);
  command(program, 'why <id>', 'why things happened to a record', async () => (await import('./show.ts')).why);
  command(
    program,
    'log [polecat]',
    "a polecat's log, or the town's events",
    async () => (await import('./show.ts')).log,
  )
    .option('-f, --follow', 'go on as it grows')
    .option('--grep <pattern>', 'only lines that match')
    .option('--gate <rig>', "a rig's gates instead")
    .option('--raw', 'the terminal of an agent that is talked to by a protocol')
    .option('-n, --lines <n>', 'how many lines', '100');

  command(
    program,
    'answer <question> [choice...]',
    'answer what an agent asks: with a choice, or in your own words',
    async () => (await import('./answer.ts')).answer,
  ).option('-m, --message <text>', 'words to go with it');
  command(program, 'approve <merge>', 'let a merge request land', async () => (await import('./merge.ts')).approve)
    .requiredOption('--head <sha>', 'the commit you looked at: refused when it moved')
    .option('--word <word>', 'the word that it takes where what it changes is protected: the id of the bead');
  command(
    program,
    'diff <merge>',
    'what a merge request changes, as a patch',
    async () => (await import('./diff.ts')).diff,
  )
    .option('--since-approved', 'only what is new since you approved earlier work of the bead')
    .option('--stat', 'only the files, with how many lines came and went');
  command(
    program,
    'comment <merge> <place>',
    'say something of a line (src/a.ts:12) of a merge request; it goes back with the work',
    async () => (await import('./merge.ts')).comment,
  )
    .requiredOption('-m, --message <text>', 'what whoever does it again should know')
    .option('--old', 'of the line as it was before')
    .option('--head <sha>', 'the commit you looked at: refused when it moved');
  command(program, 'reject <merge>', 'refuse a merge request', async () => (await import('./merge.ts')).reject)
    .requiredOption('-m, --message <text>', 'why; goes to the worker')
    .option('--rework', 'have it done again');
  command(
    program,
    'retry <merge>',
    'put a bounced or held request into the queue again',
    async () => (await import('./merge.ts')).retry,
  );
  command(
    program,
    'revert <merge>',
    'take back what landed (a merge request, or the last one of a bead), tested like any other work',
    async () => (await import('./merge.ts')).revert,
  ).option('-m, --message <text>', 'why');
  command(
    program,
    'hold <merge>',
    'neither test nor land a merge request until it is released',
    async () => (await import('./merge.ts')).hold,
  ).option('-m, --message <text>', 'why');
  command(program, 'release <merge>', 'release a held request', async () => (await import('./merge.ts')).release);
  command(
    program,
    'land-now <merge>',
    'release a merge request and put it first in the queue',
    async () => (await import('./merge.ts')).landNow,
  );
  const merge = program.command('merge').description('the merge queue as a whole');
  command(
    merge,
    'order <merge> <place>',
    'give a request a place in the queue: a number from 1, first, or none',
    async () => (await import('./merge.ts')).order,
  );
  command(merge, 'pause [rig]', 'test and land nothing', async () => (await import('./merge.ts')).pause);
  command(merge, 'resume [rig]', 'go on', async () => (await import('./merge.ts')).resume);

  command(
    program,
    'doctor',
    'look the town over and say what is wrong',
    async () => (await import('./doctor.ts')).doctor,
  ).option('--fix', 'put right what the town itself left behind; nothing that could be lost is touched');
  command(
    program,
    'estop [reason]',
    'emergency stop: nothing is dispatched, tested or landed',
    async () => (await import('./switches.ts')).estop,
  );
  command(program, 'thaw', 'end the emergency stop', async () => (await import('./switches.ts')).thaw);
  program
    .command('bd')
    .description('work items, with the command line of Beads: gastown bd help')
    .allowUnknownOption()
    .action(async () => exit(await (await import('../town/bd-client.ts')).bdMain(program.args.slice(1), process.env)));
  command(
    program,
    'keys',
    'the keys of the screen, with your own of [keys] in town.toml',
    async () => (await import('./keys.ts')).keys,
  )
    .option('--check', 'only what is wrong with your own keys')
    .command('doctor')
    .description('find keys that your terminal or tmux keeps or changes, and others for them')
    .action(async (_options: unknown, self: Command) =>
      exit(await (await import('./keys.ts')).keysDoctor(invocationOf(self.optsWithGlobals()))),
    );
  return program;
};

/** What the agents of a repository may reach, and how its work lands. */
const walled = (command: Command): Command =>
  command
    .option('--sandbox <wish>', 'auto: where this machine can; required: no agent runs without; off')
    .option('--no-sandbox', 'the same as --sandbox off')
    .option('--gate-network <reach>', 'of gates while they run: none (where a sandbox can be without) or open')
    .option('--report <pattern>', 'where gates leave JUnit reports; repeat for more', collect, [])
    .option('--network <reach>', 'of sandboxes: metered (only model calls, where an agent has a key) or open')
    .option('--land <way>', 'push: move the target by a push; pr: by pull requests, through your own gh');

const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

const invocationOf = (options: Record<string, unknown>): Invocation => ({
  output: createOutput({ json: options.json === true }),
  town: options.town as string | undefined,
  cwd: process.cwd(),
  env: process.env,
});
