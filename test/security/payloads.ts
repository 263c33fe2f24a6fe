/**
 * Texts that would do something to a terminal, a reader or a parser rather than stand there. Where a filter of the usual
 * kind (strip-ansi, Node's own) leaks, the payload is one of these (field notes: 12 and 13 of 34).
 */
export const PAYLOADS: Readonly<Record<string, string>> = {
  'clear screen': '\u001b[2J\u001b[H',
  'colour and hide': '\u001b[8mhidden\u001b[0m',
  'alternate screen': '\u001b[?1049h',
  'mouse and paste modes': '\u001b[?1000;1006;2004h',
  'device status query': '\u001b[6n\u001b[c\u001b[>0q',
  'window title': '\u001b]0;owned\u0007',
  'clipboard by OSC 52': '\u001b]52;c;cm0gLXJm\u0007',
  'clipboard by OSC 52, ST': '\u001b]52;c;cm0gLXJm\u001b\\',
  'clipboard by C1': '\u009d52;c;cm0gLXJm\u009c',
  'clipboard, unterminated': '\u001b]52;c;cm0gLXJm',
  'clipboard, unterminated C1': '\u009d52;c;cm0gLXJm',
  'link by OSC 8': '\u001b]8;;http://evil.invalid\u0007here\u001b]8;;\u0007',
  'notification by OSC 9': '\u001b]9;pay now\u0007',
  'file by OSC 1337': '\u001b]1337;File=inline=1:AAAA\u0007',
  'state by OSC 7501': '\u001b]7501;done\u0007',
  'tmux passthrough': '\u001bPtmux;\u001b\u001b]52;c;cm0gLXJm\u0007\u001b\\',
  'screen passthrough': '\u001bP\u001b]52;c;cm0gLXJm\u0007\u001b\\',
  'DCS by C1': '\u0090q#0;2;0;0;0\u009c',
  'APC (kitty graphics)': '\u001b_Gf=100;AAAA\u001b\\',
  'PM and SOS': '\u001b^private\u001b\\\u001bXstring\u001b\\',
  'CSI by C1': '\u009b2J\u009b31m',
  'two escapes in one': '\u001b\u001b[2J\u001b[\u001b[31m',
  'escape in the middle of one': '\u001b[3\u001b]0;x\u00071m',
  'shift out': '\u000eqqq\u000f',
  'character set': '\u001b(0qqq\u001b(B',
  reset: '\u001bc',
  'backspace over': 'rm -rf /\b\b\b\b\b\b\b\becho hi',
  'carriage return over': 'evil --now\rgood      ',
  'bell and null': '\u0007\u0000',
  'bidi override': 'user\u202e gnp.exe',
  'bidi isolate': '\u2066if admin\u2069\u2067',
  'zero width': 'pass\u200bword\u200d\u2060\ufeff',
  'tag characters': 'hi\u{e0049}\u{e0067}\u{e006e}\u{e007f}',
  'line separators and lone surrogate': 'a\u2028b\u2029c\ud800',
};

/** What may never reach a terminal but as an escape of JSON: controls but line feed and tab, and what shows as nothing. */
export const STEERING =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}\ud800-\udfff]/u;
