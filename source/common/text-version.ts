import { hash } from 'node:crypto';

/** Hexadecimal digits: people and agents type it back. */
const DIGITS = 10;

/** Names a text by its content, so that whoever replaces it can say which one they saw; `none` is no text. */
export const textVersion = (text: string | undefined): string =>
  text === undefined || text === '' ? NO_TEXT : hash('sha256', text).slice(0, DIGITS);

export const NO_TEXT = 'none';
