import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Adapter, Low } from 'lowdb';
import { parse, stringify } from 'smol-toml';
import { z } from 'zod';
import { DEFAULT_SETTINGS, type Settings, UNATTENDED_DISPATCH, UNATTENDED_LAND } from '../../roles/settings.ts';
import type { ModelPrice } from '../agents/meter/prices.ts';
import { screenRules } from '../agents/screens/rules.ts';
import { GastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import { parseToml } from '../common/toml.ts';
import { SEVERITIES } from '../ledger/schema.ts';
import type { NotifyConfig } from './notify/notices.ts';

/** `town.toml`: what a person sets once. Switches that change while running (E-stop, pauses) are ledger records instead. */
export interface TownConfig {
  readonly name: string;
  readonly settings: Settings;
  /** Agent presets added or overridden by the user, by name: checked by source/agents/presets.ts. */
  readonly agents: Readonly<Record<string, unknown>>;
  /** A person's own rules for reading agents' screens, by the agent's name or kind: see source/agents/screens/rules.ts. */
  readonly screens: Readonly<Record<string, unknown>>;
  /** Who plans where nobody else is named: `[mayor] agent = "…"`. */
  readonly mayor: { readonly agent?: string };
  /** A person's own prices by model, in USD a million tokens; a name may end with `*`. */
  readonly prices: Readonly<Record<string, ModelPrice>>;
  /** What agents' sandboxes hold beside what each session needs: absolute paths. */
  readonly sandbox: { readonly readable: readonly string[]; readonly writable: readonly string[] };
  /** How a person is told what waits for them while they are not looking. */
  readonly notify: NotifyConfig;
  /** A person's own keys, by the id of the command: see components/bindings.ts. An empty list unbinds it. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** How the screen looks. */
  readonly screen: ScreenConfig;
  /** One line shown on the screen while there is nothing more important to say. */
  readonly tip: string;
  /** A file that follows the ledger in the form of Beads' `issues.jsonl`; relative to the town's folder. */
  readonly export?: string;
}

/** `[screen]`: what is not said follows the terminal. */
export interface ScreenConfig {
  /** A built-in look, or a theme file ending in `.toml`, relative to the town's folder. */
  readonly theme?: string;
  /** Nothing but ASCII, whatever the locale says. */
  readonly ascii: boolean;
  /** Plain lines for a screen reader. */
  readonly reader?: boolean;
}

/** Reads and checks `town.toml`. A missing file means defaults; an unknown key or a wrong type is refused by name. */
export const readConfig = async (file: string): Promise<TownConfig> => {
  const low = new Low<unknown>(tomlFile(file), {});
  await low.read();
  const parsed = configSchema.safeParse(low.data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new GastownError('config_invalid', `${file}: ${issue.path.join('.') || 'top level'}: ${issue.message}`, {
      hint: 'Correct the file; `gastown doctor` checks it again.',
    });
  }
  const { settings, budgets, unattended, export: exported, mayor, notify, screen, ...rest } = parsed.data;
  for (const name of Object.keys(rest.screens)) screenRules({ name, kind: name }, rest.screens);
  return {
    ...rest,
    mayor: mayor.agent === undefined ? {} : { agent: mayor.agent },
    notify: notifyOf(notify),
    screen: screenOf(screen),
    settings: { ...mergeSettings(settings), budgets, unattended },
    ...(exported && { export: exported }),
  };
};

const notifyOf = ({ quiet, ...notify }: z.infer<typeof notifySchema>): NotifyConfig => ({
  ...notify,
  ...(quiet && { quiet }),
});

const screenOf = ({ theme, ascii, reader }: z.infer<typeof screenSchema>): ScreenConfig => ({
  ascii,
  ...(theme !== undefined && { theme }),
  ...(reader !== undefined && { reader }),
});

/** Writes a new town's first config; what is not named keeps its default. */
export const writeConfig = async (
  file: string,
  config: {
    name: string;
    tip?: string;
    settings?: PartialSettings;
    agents?: Readonly<Record<string, unknown>>;
    prices?: TownConfig['prices'];
    sandbox?: Partial<TownConfig['sandbox']>;
  },
): Promise<void> => {
  const low = new Low<unknown>(tomlFile(file), {});
  const { budgets, unattended, ...settings } = config.settings ?? {};
  low.data = {
    name: config.name,
    ...(config.tip && { tip: config.tip }),
    ...(config.settings && { settings }),
    ...(budgets && { budgets }),
    ...(unattended && { unattended }),
    ...(config.prices && { prices: config.prices }),
    ...(config.sandbox && { sandbox: config.sandbox }),
    ...(config.agents && { agents: config.agents }),
  };
  await low.write();
};

/** Sets or removes the file that follows the ledger, and leaves every other line of the config as its owner wrote it. */
export const setConfigExport = async (file: string, value: string | undefined): Promise<void> => {
  const text = (await readFileIfPresent(file)) ?? '';
  const lines = text.split('\n');
  const tables = lines.findIndex(line => /^\s*\[/.test(line));
  const top = tables < 0 ? lines : lines.slice(0, tables);
  const kept = top.filter(line => !/^\s*("export"|'export'|export)\s*=/.test(line));
  const added = value === undefined ? [] : stringify({ export: value }).trimEnd().split('\n');
  const changed = [...added, ...kept, ...(tables < 0 ? [] : lines.slice(tables))].join('\n');
  // A value over several lines or a broken file: better refused than written over.
  if (parse(changed).export !== value) throw new GastownError('config_invalid', `${file}: "export" cannot be changed.`);
  await writeFileAtomic(file, changed, 0o644);
};

export type PartialSettings = { [K in keyof Settings]?: Partial<Settings[K]> };

/** lowdb's own file adapter uses one temporary name and no fsync (field/refinery-and-store.md §0.7); this one is safe. */
const tomlFile = (file: string): Adapter<unknown> => ({
  async read() {
    const text = await readFileIfPresent(file);
    return text === undefined ? null : parseToml(text, file);
  },
  async write(data) {
    if (existsSync(file)) throw new GastownError('already_exists', `${file} exists already; it is edited by hand.`);
    await writeFileAtomic(file, stringify(data as Record<string, unknown>), 0o644);
  },
});

/** Budgets and what may happen unattended stand in tables of their own. */
const { budgets: _budgets, unattended: UNATTENDED, ...OF_ROLES } = DEFAULT_SETTINGS;

const budget = z.number().min(0).max(1_000_000_000).default(0);

const budgetsSchema = z
  .strictObject({
    bead: budget.describe('For each bead (piece of work), all its sessions together.'),
    convoy: budget.describe('For each convoy (plan).'),
    day: budget.describe('For each day, where the town is.'),
    town: budget.describe('For all that the town ever does.'),
  })
  .describe('In USD, 0 is no limit. At 80 % you are asked, at 100 % its agents pause between two turns.');

const unattendedSchema = z
  .strictObject({
    dispatch: z
      .enum(UNATTENDED_DISPATCH)
      .default(UNATTENDED.dispatch)
      .describe(
        'What is started: `all` that was slung, only what was `begun` before, or `none`. What is at work goes on to its end.',
      ),
    land: z
      .enum(UNATTENDED_LAND)
      .default(UNATTENDED.land)
      .describe('What is tested and lands: what the `policy` of its rig allows, only what you `approved`, or `none`.'),
    budgetShare: z
      .number()
      .min(0)
      .max(1)
      .default(UNATTENDED.budgetShare)
      .describe('Of what is left of the budgets of day and town when you leave, the share that may be spent: 0 to 1.'),
  })
  .describe(
    'What may happen while nobody is at the screen. What you sling or approve by command meanwhile is your word.',
  );

const perMillion = z.number().min(0).max(1_000_000);

const priceSchema = z.strictObject({
  input: perMillion.describe('What the model reads.'),
  output: perMillion.describe('What it writes, its thoughts included.'),
  cacheRead: perMillion.optional().describe('What the cache gives; as input where it is not said.'),
  cacheWrite: perMillion.optional().describe('What the cache takes; as input where it is not said.'),
});

/** A number of the same group and name as in `DEFAULT_SETTINGS`, not negative. */
const settingsSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(OF_ROLES).map(([group, numbers]) => [
      group,
      z
        .strictObject(Object.fromEntries(Object.keys(numbers).map(key => [key, z.number().min(0).optional()])))
        .optional(),
    ]),
  ),
);

/** An absolute path, or one below the person's home: `~/.rustup`. */
const folderSchema = z
  .string()
  .max(4_096)
  .regex(/^(\/|~\/)./, 'an absolute path, or one that begins with ~/')
  .transform(text => path.resolve(text.replace(/^~(?=\/)/, os.homedir())));

const sandboxSchema = z
  .strictObject({
    readable: z.array(folderSchema).max(100).default([]).describe('Folders that they may read and run from.'),
    writable: z.array(folderSchema).max(100).default([]).describe('Folders that they may write to.'),
  })
  .describe('What agents in a sandbox have beside the system and what is their own. Absolute paths, or from `~/`.');

/** `22:00-07:00`, as minutes of the day. */
const hoursSchema = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, 'hours like 22:00-07:00')
  .transform(text => {
    const [from, to] = text.split('-').map(time => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
    return { from: from!, to: to! };
  });

const wordSchema = z.string().min(1).max(4_096);

const notifySchema = z
  .strictObject({
    command: z
      .union([wordSchema.transform(word => [word]), z.array(wordSchema).max(50)])
      .default([])
      .describe(
        'A program, alone or as a list with its arguments, run without a shell; the text comes as its last argument.',
      ),
    bell: z.boolean().default(true).describe('Ring the bell of the terminal.'),
    osc: z
      .enum(['auto', '9', '777', 'off'])
      .default('auto')
      .describe('Desktop notifications of the terminal, by which escape sequence.'),
    quiet: hoursSchema.optional().describe('Hours like `22:00-07:00` in which only what is critical is told.'),
    severity: z.enum(SEVERITIES).default('medium').describe('Nothing less grave than this is told.'),
  })
  .describe('How you are told what waits for you while you do not look.');

/** `[keys]`: `undo = "u"`, `sling = ["s", "ctrl-s"]`; `"none"`, `[]` and `false` leave a command without a key. */
const keysSchema = z
  .union([z.string().max(50), z.array(z.string().min(1).max(50)).max(20), z.literal(false)])
  .transform(keys => (Array.isArray(keys) ? keys : keys === false || keys === '' || keys === 'none' ? [] : [keys]));

/** `[screen]`: which themes there are is known where they are shown. */
const screenSchema = z
  .strictObject({
    theme: z
      .string()
      .min(1)
      .max(4_096)
      .optional()
      .describe('A theme by its name, or a file of your own; `auto`, as without it, what the terminal says it is.'),
    ascii: z.boolean().default(false).describe('Draw with nothing but ASCII.'),
    reader: z.boolean().optional().describe('Lines of words for a screen reader, without boxes.'),
  })
  .describe('How the screen looks.');

/** What may stand in `town.toml`. The words are those of docs/config.md, which is made from them. */
export const configSchema = z.strictObject({
  name: z.string().min(1).max(80).default('town').describe('What the screen calls the town.'),
  tip: z.string().max(200).default('').describe('One line shown while there is nothing more important to say.'),
  export: z
    .string()
    .min(1)
    .max(4_096)
    .optional()
    .describe('A file that follows the ledger in the form of Beads’ `issues.jsonl`; relative to the town’s folder.'),
  mayor: z
    .strictObject({
      agent: z.string().min(1).max(50).optional().describe('Who plans where nobody else is named.'),
    })
    .default({})
    .describe('The Mayor turns a goal into a plan.'),
  agents: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Agents of your own, or other settings for one of the built-in ones.'),
  screens: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      'Your own rules for reading the screens of agents, by the name or kind of the agent: see source/agents/screens/rules.ts.',
    ),
  budgets: budgetsSchema.prefault({}),
  unattended: unattendedSchema.prefault({}),
  prices: z
    .record(z.string().min(1).max(200), priceSchema)
    .default({})
    .describe('Your own prices by model, in USD a million tokens; a name may end with `*`.'),
  sandbox: sandboxSchema.prefault({}),
  notify: notifySchema.prefault({}),
  keys: z
    .record(z.string().min(1).max(50), keysSchema)
    .default({})
    .describe('Keys of your own by command: one, a list of them, or none; `gastown keys` lists the commands.'),
  screen: screenSchema.prefault({}),
  settings: settingsSchema.default({}),
});

const mergeSettings = (partial: object): Settings =>
  Object.fromEntries(
    Object.entries(DEFAULT_SETTINGS).map(([group, numbers]) => [
      group,
      { ...numbers, ...(partial as Record<string, object>)[group] },
    ]),
  ) as unknown as Settings;
