import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { bindKeys } from '../../components/bindings.ts';
import { keyWords } from '../../components/keymap.ts';
import { type KeptPreferences, openPreferences } from '../../components/preferences.ts';
import { runDirectory, townSocket } from '../agents/run-directory.ts';
import { EXIT, GastownError, isGastownError, toGastownError } from '../common/errors.ts';
import { ownProgram } from '../common/own-files.ts';
import { safeLine } from '../common/text.ts';
import { findRepositoryRoot } from '../git/repository.ts';
import { requireGit } from '../git/run.ts';
import { openAccess, type TownAccess } from '../town/access.ts';
import { callTown } from '../town/client.ts';
import { digestLine, digestOf, isNothingNew } from '../town/digest.ts';
import { finishSession } from '../town/effects/work.ts';
import { findTown } from '../town/find.ts';
import { readLastSeen, writeLastSeen } from '../town/last-seen.ts';
import { terminalNotice } from '../town/notify/terminal.ts';
import { townPaths } from '../town/paths.ts';
import type { PlanSurroundings } from '../town/plan.ts';
import { type RunningTown, runTown } from '../town/service.ts';
import type { Outcome } from '../town/view.ts';
import { whenFree } from '../town/when-free.ts';
import { editBead } from './bead-text.ts';
import { whileThere } from './folder.ts';
import type { Invocation } from './invocation.ts';
import { pageLog } from './page-log.ts';
import { readPlan } from './plan.ts';
import { changedWords, editPlan, openEditor, UNCHANGED } from './plan-text.ts';
import { stopSignal } from './run.ts';
import { screenTheme } from './screen-theme.ts';

/** A town that runs headless lets go within this, or says why it cannot. */
const TAKEOVER_MS = 10_000;

/** `gastown [dir]`: the screen; sets a town up first where there is none. */
export const screen = async (
  invocation: Invocation,
  [given]: string[],
  options: Record<string, unknown>,
): Promise<number> => {
  const cwd = path.resolve(invocation.cwd, given ?? '.');
  if (!fs.existsSync(cwd))
    throw new GastownError('usage', `There is no folder ${cwd}, and no command "${given}".`, {
      hint: 'gastown --help lists the commands.',
    });
  const found = findTown({ ...(invocation.town !== undefined && { town: invocation.town }), cwd, env: invocation.env });
  requireTerminal(found);
  const explicit = invocation.town !== undefined || invocation.env.GASTOWN_TOWN !== undefined;
  const place = explicit ? { dir: found! } : await placeHere(found, cwd, invocation.env);
  if (place === undefined) return EXIT.done;
  if (place === 'demo') {
    process.stdin.pause();
    await runDemo(invocation.env);
    return EXIT.done;
  }
  const readOnly = options.readonly === true;
  // What draws is loaded while Git reads the ledger.
  const [running] = await Promise.all([takeOver(place.dir, { env: invocation.env, readOnly }), loadScreen()]);
  return showScreen(running, {
    readOnly,
    lite: options.lite === true,
    env: invocation.env,
  });
};

const loadScreen = () => import('../../components/run-screen.tsx');

/** Where the person stands: they are asked what to do where there is no town. */
const placeHere = async (town: string | undefined, cwd: string, env: NodeJS.ProcessEnv) => {
  await requireGit();
  const { setUpHere } = await import('./setup.ts');
  return setUpHere({ town, root: await findRepositoryRoot(cwd), cwd, env });
};

/** Shows the screen on a running town until the person leaves, then does with the town what they chose. */
export const showScreen = async (
  running: RunningTown,
  options: { readOnly?: boolean; lite?: boolean; env: NodeJS.ProcessEnv; headlessAfter?: boolean },
): Promise<number> => {
  const { dir } = running.town.context.paths;
  const greeting = await greet(running);
  const { theme, themeFor, complaint } = await screenTheme({
    config: running.town.context.config.screen,
    dir,
    env: options.env,
  });
  const keys = keyWords(bindKeys(running.town.context.config.keys).commands);
  const preferences = await openPreferences(running.town.context.paths.screen);
  const { runScreen } = await loadScreen();
  const leave = await runScreen({
    handle: running.handle,
    stdin: process.stdin,
    stdout: process.stdout,
    env: options.env,
    keys: running.town.context.config.keys,
    ...(options.readOnly && { readOnly: true }),
    ...(options.lite && { lite: 'on' }),
    ...(greeting !== undefined && { greeting }),
    ...(complaint !== undefined && { complaint: safeLine(complaint) }),
    theme,
    ...(themeFor && { themeFor }),
    preferences,
    notices: listener =>
      running.notifier.subscribe(notice =>
        listener(terminalNotice(notice, { config: running.town.context.config.notify, env: options.env })),
      ),
    readPlan: (text, rig) => {
      try {
        return readPlan(text, { file: 'plan', rig, ...surroundings(running, rig) });
      } catch (error) {
        return { error: toGastownError(error).message };
      }
    },
    pageLog: (source, lend) => pageLog(running.handle, { source, lend, env: options.env }),
    editPlan: (convoy, lend) =>
      withAccess({ dir, env: options.env }, async town => {
        const isChanged = await editPlan(town, convoy, { edit: file => lend(() => openEditor(file, options.env)) });
        return isChanged ? `${changedWords(convoy)}: ${keys('{attention}')} shows it.` : UNCHANGED;
      }),
    editBead: (bead, lend) =>
      withAccess({ dir, env: options.env }, async town => {
        const isChanged = await editBead(town, bead, file => lend(() => openEditor(file, options.env)));
        return isChanged ? `${bead} is changed.` : UNCHANGED;
      }),
    // A demo has no other one inside it.
    ...(options.headlessAfter !== false && { showDemo: lend => lend(() => runDemo(options.env)) }),
  });
  await noteSeen(running);
  await notePreferences(running, preferences);
  if (leave === 'hangup' && options.headlessAfter !== false) return goOnHeadless(running);
  if (leave === 'stop') await stopSessions(running);
  const busy = leave === 'leave' && options.headlessAfter !== false && isBusy(running);
  await running.close();
  if (busy) {
    continueHeadless(dir, options.env);
    process.stdout.write(`The town at ${dir} goes on without a screen. Come back with: gastown --town ${dir}\n`);
  }
  return EXIT.done;
};

/** What a change of the person's own came to, in one line. */
const withAccess = async (
  at: { dir: string; env: NodeJS.ProcessEnv },
  change: (town: TownAccess) => Promise<string>,
): Promise<Outcome> => {
  const town = await openAccess(at);
  try {
    return { ok: true, message: await change(town) };
  } catch (error) {
    const { message, hint } = toGastownError(error);
    return { ok: false, message: safeLine([message, hint].filter(Boolean).join(' ')) };
  } finally {
    await town.close();
  }
};

/** Shorter absences are no news: whoever changes from one terminal to the next has seen it. */
const AWAY_MS = 60_000;

/** What happened since the person last looked, in one line; from now on they look. */
const greet = async ({ town, handle }: RunningTown): Promise<string | undefined> => {
  const { ledger, paths, now } = town.context;
  const since = await readLastSeen(paths);
  await noteSeen({ town });
  if (since === undefined || now() - since < AWAY_MS) return undefined;
  const digest = digestOf(ledger.data, since, handle.getView().attention);
  return isNothingNew(digest) ? undefined : digestLine(digest, now());
};

/** A full disk must neither keep anybody from the screen nor in it. */
const noteSeen = ({ town: { context } }: Pick<RunningTown, 'town'>): Promise<void> =>
  writeLastSeen(context.paths, context.now()).catch(error =>
    context.log.warn({ err: error }, 'when the screen was last open is not noted'),
  );

/** Nor may it keep what they chose from the next one without a word. */
const notePreferences = (
  { town: { context } }: Pick<RunningTown, 'town'>,
  preferences: KeptPreferences,
): Promise<void> =>
  preferences
    .settled()
    .catch(error => context.log.warn({ err: error }, 'what was chosen at the screen is not kept for the next one'));

/** What a plan that is typed or pasted is checked against. */
const surroundings = ({ town }: RunningTown, rig: string): PlanSurroundings => {
  const { data } = town.context.ledger;
  const agent = data.rigs.get(rig)?.agent;
  return { known: new Set(data.beads.keys()), ...(agent !== undefined && { agent }) };
};

/** Opens the town; one that runs headless is asked to hand it over, until it has heard it; one with a person before it is not taken. */
const takeOver = (
  dir: string,
  { env, readOnly }: { env: NodeJS.ProcessEnv; readOnly: boolean },
): Promise<RunningTown> => {
  let asked = false;
  // Who may only look cannot answer for anything either: to the town nobody is there.
  const open = () => runTown({ dir, env, purpose: 'screen', successor: [], ...(readOnly && { absence: 'goes on' }) });
  return whenFree(open, {
    limitMs: TAKEOVER_MS,
    async onLocked(refusal) {
      if (!asked) asked = await askToYield(dir, refusal);
    },
  });
};

/** False where nobody was there to hear it: one that is just starting holds the town before it listens. */
const askToYield = async (dir: string, locked: GastownError): Promise<boolean> => {
  const token = fs.readFileSync(townPaths(dir).operatorToken, 'utf8').trim();
  try {
    await callTown(townSocket(runDirectory(fs.realpathSync(dir))), { token, verb: 'yield' });
    return true;
  } catch (error) {
    // Who holds the lock is the better message than how it declined.
    if (isGastownError(error, 'town_locked'))
      throw new GastownError('town_locked', locked.message, { ...(error.hint && { hint: error.hint }), cause: error });
    if (!isGastownError(error, 'host_unreachable')) throw error;
    return false;
  }
};

/** The line is gone: the same process orchestrates on, and the next `gastown` takes the town over. */
const goOnHeadless = async (running: RunningTown): Promise<number> => {
  const stop = stopSignal({ ignoreHangup: true });
  await running.leave();
  running.allowTakeover(stop.request);
  await whileThere(running, [stop.requested]);
  await running.close();
  return EXIT.done;
};

const isBusy = (running: RunningTown): boolean => {
  const { data } = running.town.context.ledger;
  return (
    [...data.polecats.values()].some(polecat => polecat.hook !== undefined) ||
    [...data.beads.values()].some(bead => bead.status === 'open' && bead.town.dispatch !== undefined) ||
    [...data.merges.values()].some(merge => ['queued', 'testing', 'landing'].includes(merge.state))
  );
};

const stopSessions = async (running: RunningTown): Promise<void> => {
  const { context } = running.town;
  await running.town.loop!.stop();
  const live = [...context.ledger.data.sessions.values()].filter(session => session.status !== 'ended');
  await Promise.all(
    live.map(session =>
      finishSession(
        context,
        { type: 'session.finish', session: session.id, outcome: 'stopped' },
        'the operator left and had the agents stopped',
      ),
    ),
  );
};

/** The same program without a screen, in a session of its own so that the terminal's end does not reach it. */
const continueHeadless = (dir: string, env: NodeJS.ProcessEnv): void => {
  spawn(process.execPath, [ownProgram('cli'), 'run', '--headless', '--town', dir], {
    detached: true,
    stdio: 'ignore',
    env,
    cwd: dir,
  }).unref();
};

/** In a process of its own: this one's town, where it has one, goes on meanwhile. */
const runDemo = async (env: NodeJS.ProcessEnv): Promise<void> => {
  const child = spawn(process.execPath, [ownProgram('cli'), 'demo'], { stdio: 'inherit', env });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== EXIT.done) throw new GastownError('internal', 'The demo did not end well.');
};

const requireTerminal = (town: string | undefined): void => {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new GastownError('terminal', 'The screen needs a terminal on standard input and output.', {
    hint: town
      ? 'Without one, use: gastown status, gastown run --until idle'
      : 'Without one, use: gastown init <dir>, gastown rig add, gastown run',
  });
};
