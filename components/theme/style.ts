import { GastownError } from '../../source/common/errors.ts';

/** How many colours a terminal shows: none, its own 16, the 256 of xterm, or any. */
export type Depth = 0 | 16 | 256 | 'any';

/** What stands before a text and after it. Empty strings for a text that stays as it is. */
export interface Escapes {
  readonly open: string;
  readonly close: string;
}

/**
 * Reads a style as people write it (`bold bright-cyan`, `#ffffff on #1f6feb`, `underline 208`) and makes escapes of it
 * for a terminal of so many colours: others become the nearest it has. Without any, attributes are left.
 */
export const styleEscapes = (words: string, depth: Depth): Escapes => {
  const { attributes, colour, background } = parseStyle(words);
  const paints = depth !== 0;
  const codes = [
    // What fills a row comes first: whoever trims blanks at a row's end looks there (see `fillsBlanks`).
    ...(attributes.includes('inverse') ? [ATTRIBUTES.inverse.open] : []),
    ...(paints && background ? [colourCode(background, depth, 40)] : []),
    ...attributes.filter(name => name !== 'inverse').map(name => ATTRIBUTES[name].open),
    ...(paints && colour ? [colourCode(colour, depth, 30)] : []),
  ];
  const closing = [
    ...attributes.map(name => ATTRIBUTES[name].close),
    ...(paints && colour ? [39] : []),
    ...(paints && background ? [49] : []),
  ];
  if (codes.length === 0) return { open: '', close: '' };
  return { open: `\u001B[${codes.join(';')}m`, close: `\u001B[${[...new Set(closing)].join(';')}m` };
};

/** Whether blanks of this row are seen: they are inverse or have a background. */
export const fillsBlanks = (row: string): boolean => FILLING.test(row);

const FILLING = /\u001B\[(?:7|4[0-8]|10[0-7])[;m]/;

const ATTRIBUTES = {
  bold: { open: 1, close: 22 },
  dim: { open: 2, close: 22 },
  italic: { open: 3, close: 23 },
  underline: { open: 4, close: 24 },
  inverse: { open: 7, close: 27 },
} as const;
type Attribute = keyof typeof ATTRIBUTES;

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** One of the terminal's own 16, one of xterm's 256, or what it looks like. */
export type Colour =
  | { readonly kind: 'own'; readonly index: number }
  | { readonly kind: 'indexed'; readonly index: number }
  | { readonly kind: 'rgb'; readonly rgb: Rgb };

export type Rgb = readonly [number, number, number];

export interface ParsedStyle {
  readonly attributes: readonly Attribute[];
  readonly colour?: Colour;
  readonly background?: Colour;
}

/** The parts of a style; a word that is none is named in the refusal. */
export const parseStyle = (words: string): ParsedStyle => {
  const attributes: Attribute[] = [];
  let colour: Colour | undefined;
  let background: Colour | undefined;
  let isBackground = false;
  for (const word of words.toLowerCase().split(/\s+/).filter(Boolean)) {
    if (word === 'on') {
      isBackground = true;
    } else if (isAttribute(word)) {
      attributes.push(word);
    } else {
      const read = readColour(word);
      if (isBackground) background = read;
      else colour = read;
      isBackground = false;
    }
  }
  return { attributes, ...(colour && { colour }), ...(background && { background }) };
};

const isAttribute = (word: string): word is Attribute => Object.hasOwn(ATTRIBUTES, word);

const readColour = (word: string): Colour => {
  const name = NAMES.indexOf(word.replace(/^bright-/, '') as (typeof NAMES)[number]);
  if (name >= 0) return { kind: 'own', index: name + (word.startsWith('bright-') ? 8 : 0) };
  if (/^\d{1,3}$/.test(word) && Number(word) < 256) return { kind: 'indexed', index: Number(word) };
  const [, hex] = /^#([\da-f]{6}|[\da-f]{3})$/.exec(word) ?? [];
  if (hex === undefined)
    throw new GastownError(
      'config_invalid',
      `"${word}" is neither a colour nor bold, dim, italic, underline or inverse.`,
      {
        hint: 'Colours are red, bright-red, … , 0–255 or #rrggbb; "on" stands before a background.',
      },
    );
  const full = hex.length === 3 ? [...hex].map(digit => digit + digit).join('') : hex;
  return { kind: 'rgb', rgb: [0, 2, 4].map(at => Number.parseInt(full.slice(at, at + 2), 16)) as unknown as Rgb };
};

const colourCode = (colour: Colour, depth: Depth, base: 30 | 40): string | number => {
  if (colour.kind === 'own') return ownCode(colour.index, base);
  if (depth === 16) return ownCode(ownLike(rgbOf(colour)), base);
  if (colour.kind === 'indexed') return `${base + 8};5;${colour.index}`;
  if (depth === 256) return `${base + 8};5;${16 + nearest(colour.rgb, CUBE_AND_GREYS)}`;
  return `${base + 8};2;${colour.rgb.join(';')}`;
};

const ownCode = (index: number, base: 30 | 40): number => (index < 8 ? base + index : base + 60 + index - 8);

/** Below this share of colour a thing is grey to the eye; from this lightness on, a colour is one of the bright ones. */
const GREY_BELOW = 0.2;
const BRIGHT_FROM = 0.6;
const GREYS = [0, 8, 7, 15] as const;
/** Red, yellow, green, cyan, blue, magenta: one each sixth of the circle. */
const HUES = [1, 3, 2, 6, 4, 5] as const;

/**
 * The one of the terminal's own 16 with the same hue: the nearest by distance would make most soft colours grey, and
 * what is meant by them would be lost.
 */
const ownLike = (rgb: Rgb): number => {
  const [red, green, blue] = rgb.map(part => part / 255) as [number, number, number];
  const high = Math.max(red, green, blue);
  const chroma = high - Math.min(red, green, blue);
  const lightness = high - chroma / 2;
  if (chroma < GREY_BELOW) return GREYS[Math.round(lightness * 3)]!;
  const sixth =
    high === red ? (green - blue) / chroma : high === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
  return HUES[(Math.round(sixth) + 6) % 6]! + (lightness >= BRIGHT_FROM ? 8 : 0);
};

/** About what terminals show as their own 16: each has its own idea of them. */
const OWN_RGB: readonly Rgb[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];

/** xterm's colours from 16 on: a cube of six levels a side, then greys. */
const LEVELS = [0, 95, 135, 175, 215, 255] as const;
const CUBE_AND_GREYS: readonly Rgb[] = [
  ...LEVELS.flatMap(red => LEVELS.flatMap(green => LEVELS.map(blue => [red, green, blue] as const))),
  ...Array.from({ length: 24 }, (_, step) => [8 + step * 10, 8 + step * 10, 8 + step * 10] as const),
];

/** What a colour looks like, as far as one can know it. */
export const rgbOf = (colour: Colour): Rgb => {
  if (colour.kind === 'rgb') return colour.rgb;
  return colour.index < 16 ? OWN_RGB[colour.index]! : CUBE_AND_GREYS[colour.index - 16]!;
};

const nearest = (wanted: Rgb, among: readonly Rgb[]): number => {
  const distances = among.map(rgb => rgb.reduce((sum, part, at) => sum + (part - wanted[at]!) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
};
