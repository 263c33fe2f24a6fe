import path from 'node:path';
import { isLookName, LOOKS } from '../../components/theme/looks.ts';
import { readThemeFile } from '../../components/theme/theme-file.ts';
import { depthOf, type Theme, type ThemeChoice, themeFromEnvironment } from '../../components/theme.ts';
import { GastownError, toGastownError } from '../common/errors.ts';
import { readFileIfPresent } from '../common/files.ts';
import type { ScreenConfig } from '../town/config.ts';

export interface ScreenThemeOptions {
  readonly config: ScreenConfig;
  /** What a theme file's path is relative to. */
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface ScreenTheme {
  readonly theme: Theme;
  /** By what the terminal says of its background, where nobody chose a theme and there are colours. */
  readonly themeFor?: (background: 'light' | 'dark') => Theme;
  readonly complaint?: string;
}

/**
 * The theme that a person chose, by GASTOWN_THEME for this one screen or by the town's config. One that cannot be read
 * keeps nobody from the screen: it opens as if none was chosen, and says why.
 */
export const screenTheme = async ({ config, dir, env }: ScreenThemeOptions): Promise<ScreenTheme> => {
  const { ascii, reader } = config;
  const always = { ascii, ...(reader !== undefined && { reader }) };
  try {
    const name = env.GASTOWN_THEME || config.theme;
    if (name === undefined || name === AUTO) return automatic(env, always);
    const chosen = await chosenLook(name, dir);
    return { theme: themeFromEnvironment(env, { ...always, ...chosen }) };
  } catch (error) {
    const { message, hint } = toGastownError(error);
    return {
      theme: themeFromEnvironment(env, always),
      complaint: [`The theme is not used: ${message}`, hint].filter(Boolean).join(' '),
    };
  }
};

/** The theme that follows the terminal: the same as none. */
const AUTO = 'auto';

/** Colours of the terminal's own, but for a light background, on which many of them cannot be read. */
const automatic = (env: NodeJS.ProcessEnv, always: ThemeChoice): ScreenTheme => {
  const theme = themeFromEnvironment(env, always);
  if (depthOf(env) === 0 || theme.reader) return { theme };
  const look = { light: LOOKS.light, dark: LOOKS.terminal };
  return { theme, themeFor: background => themeFromEnvironment(env, { ...always, look: look[background] }) };
};

const chosenLook = async (name: string, dir: string): Promise<Pick<ThemeChoice, 'look' | 'glyphs'>> => {
  if (isLookName(name)) return { look: LOOKS[name] };
  if (!name.endsWith('.toml'))
    throw new GastownError('config_invalid', `"${name}" is no theme.`, {
      hint: `Themes are ${AUTO}, ${Object.keys(LOOKS).join(', ')}, or a file that ends in .toml.`,
    });
  const file = path.resolve(dir, name);
  const text = await readFileIfPresent(file);
  if (text === undefined) throw new GastownError('config_invalid', `${file} does not exist.`);
  return readThemeFile(text, name);
};
