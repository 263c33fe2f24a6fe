import { parse, TomlError } from 'smol-toml';
import { GastownError } from './errors.ts';

/** What a file of a person's says; rejects text that is no TOML with the file, the line and what is wrong there. */
export const parseToml = (text: string, file: string): unknown => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new GastownError('config_invalid', `${file}:${error.line}: ${error.message.split('\n')[0]}`, {
      hint: 'Correct the line; the file is TOML.',
      cause: error,
    });
  }
};
