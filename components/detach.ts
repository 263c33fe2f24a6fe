import { controlByte, controlCharacter } from './key-names.ts';

/**
 * Finds the detach key in what a terminal sends while a person is attached to an agent: Ctrl-] as the plain byte `\x1d`,
 * as kitty's `ESC[93;5u`, or as xterm's modifyOtherKeys `ESC[27;5;93~`, whichever the agent's program has switched on.
 * Inside a bracketed paste it is text (ccmanager detaches on pasted text that holds its key).
 */
export interface DetachMatcher {
  /** What to send on of this chunk, and whether the person wants out. A sequence cut in two is held back until its rest. */
  push(chunk: string): { readonly forward: string; readonly detach: boolean };
  /** True while the beginning of a sequence is held back: call `flush` when nothing follows within `HOLD_MS`. */
  readonly holding: boolean;
  /** Gives up what is held back: it was a lone Esc, or a sequence that never ended. */
  flush(): string;
  /** Nothing came for `PASTE_IDLE_MS`: a paste whose end got lost must not lock the person in. */
  idle(): void;
}

/** Ms to wait for the rest of a cut sequence: longer than any gap between two reads, shorter than a person notices on Esc. */
export const HOLD_MS = 25;
/** Ms of silence after which an unfinished paste counts as over. */
export const PASTE_IDLE_MS = 1_000;
/** Characters of a sequence held back at most: no key's sequence is longer. */
const HOLD_MAX = 32;

const PASTE_START = '\u001B[200~';
const PASTE_END = '\u001B[201~';

/** Of these keys, which the key table allows: each is one control byte. */
export const createDetachMatcher = (keys: readonly string[]): DetachMatcher => {
  const bytes = keys.map(key => controlByte(key) ?? '').join('');
  const characters = keys.map(key => controlCharacter(key) ?? '').join('');
  const special = new RegExp(`[\u001B${bytes}]`, 'g');
  let held = '';
  let pasting = false;
  return {
    push(chunk) {
      const input = held + chunk;
      held = '';
      let forward = '';
      let at = 0;
      while (at < input.length) {
        if (!pasting && bytes.includes(input[at]!)) return { forward, detach: true };
        if (input[at] !== '\u001B') {
          const next = nextAt(input, at + 1, pasting ? ESCAPES : special);
          forward += input.slice(at, next);
          at = next;
          continue;
        }
        const sequence = sequenceAt(input, at);
        if (sequence === undefined) {
          held = input.slice(at);
          return { forward, detach: false };
        }
        if (!pasting && isOneOf(characters, sequence)) return { forward, detach: true };
        if (sequence === PASTE_START) pasting = true;
        if (sequence === PASTE_END) pasting = false;
        forward += sequence;
        at += sequence.length;
      }
      return { forward, detach: false };
    },
    get holding() {
      return held !== '';
    },
    flush() {
      const rest = held;
      held = '';
      return rest;
    },
    idle() {
      pasting = false;
    },
  };
};

const ESCAPES = /\u001B/g;

/** Where the next byte that needs a look stands: one pass, since searching for each by itself would read to the end every time. */
const nextAt = (input: string, from: number, special: RegExp): number => {
  special.lastIndex = from;
  return special.exec(input)?.index ?? input.length;
};

/** The CSI sequence that begins here, or the single Esc when it begins none; undefined when its end has not come yet. */
const sequenceAt = (input: string, at: number): string | undefined => {
  if (at + 1 === input.length) return undefined;
  if (input[at + 1] !== '[') return '\u001B';
  for (let index = at + 2; index < input.length; index++) {
    const code = input.charCodeAt(index);
    if (code >= 0x40 && code <= 0x7e) return input.slice(at, index + 1);
    if (code < 0x20 || code > 0x3f || index - at > HOLD_MAX) return '\u001B';
  }
  return input.length - at > HOLD_MAX ? '\u001B' : undefined;
};

/** Modifier bits of the kitty protocol: Shift, Ctrl, and the locks, which do not change what a key means. */
const SHIFT = 1;
const CTRL = 4;
const LOCKS = 64 | 128;
/** Characters that many keyboards have above another one: there Shift belongs to the key, and kitty names both. */
const SHIFTED = '^_@';

/** Whether a sequence says Ctrl and one of these characters, or with Caps Lock its capital. */
const isOneOf = (characters: string, sequence: string): boolean => {
  const { code, above, modifiers } = (CSI_U.exec(sequence) ?? OTHER_KEYS.exec(sequence))?.groups ?? {};
  const held = (Number(modifiers) - 1) & ~LOCKS;
  if (held === CTRL) return hasCode(characters.toLowerCase() + characters.toUpperCase(), code);
  const shifted = [...characters].filter(character => SHIFTED.includes(character)).join('');
  return held === (CTRL | SHIFT) && (hasCode(shifted, code) || hasCode(shifted, above));
};

/** Pressed or repeated, with all that a program may have asked to be told besides. */
const CSI_U = /^\u001B\[(?<code>\d+)(?::(?<above>\d*))?(?::\d*)?;(?<modifiers>\d+)(?::[12])?(?:;[\d:]*)?u$/;
const OTHER_KEYS = /^\u001B\[27;(?<modifiers>\d+);(?<code>\d+)~$/;

const hasCode = (characters: string, code: string | undefined): boolean =>
  [...characters].some(character => String(character.charCodeAt(0)) === code);
