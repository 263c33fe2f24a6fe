import path from 'node:path';
import { isLookName, LOOKS } from '../../components/theme/looks.ts';
import { readThemeFile } from '../../components/theme/theme-file.ts';
import { type Theme, type ThemeChoice, themeFromEnvironment } from '../../components/theme.ts';
import { GastownError, toGastownError } from '../common/errors.ts';
import { readFileIfPresent } from '../common/files.ts';
import type { ScreenConfig } from '../town/config.ts';

export interface ScreenThemeOptions {
  readonly config: ScreenConfig;
  /** What a theme file's path is relative to. */
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The theme that a person chose, by GASTOWN_THEME for this one screen or by the town's config. One that cannot be read
 * keeps nobody from the screen: it opens as if none was chosen, and says why.
 */
export const screenTheme = async ({
  config,
  dir,
  env,
}: ScreenThemeOptions): Promise<{ readonly theme: Theme; readonly complaint?: string }> => {
  const { ascii, reader } = config;
  const always = { ascii, ...(reader !== undefined && { reader }) };
  try {
    const chosen = await chosenLook(env.GASTOWN_THEME || config.theme, dir);
    return { theme: themeFromEnvironment(env, { ...always, ...chosen }) };
  } catch (error) {
    const { message, hint } = toGastownError(error);
    return {
      theme: themeFromEnvironment(env, always),
      complaint: [`The theme is not used: ${message}`, hint].filter(Boolean).join(' '),
    };
  }
};

const chosenLook = async (name: string | undefined, dir: string): Promise<Pick<ThemeChoice, 'look' | 'glyphs'>> => {
  if (name === undefined) return {};
  if (isLookName(name)) return { look: LOOKS[name] };
  if (!name.endsWith('.toml'))
    throw new GastownError('config_invalid', `"${name}" is no theme.`, {
      hint: `Themes are ${Object.keys(LOOKS).join(', ')}, or a file that ends in .toml.`,
    });
  const file = path.resolve(dir, name);
  const text = await readFileIfPresent(file);
  if (text === undefined) throw new GastownError('config_invalid', `${file} does not exist.`);
  return readThemeFile(text, name);
};
