/** What guards ask about beyond, where the rig does not say otherwise. */
export const DEFAULT_GUARD_LIMITS = {
  /** A file of text: larger ones are mostly generated, and every clone keeps them for ever. */
  maxFileBytes: 5_242_880,
  /** A binary file: icons and small fixtures pass. */
  maxBinaryBytes: 524_288,
} as const;

/** Bytes of one file that are looked through for secrets: no file that people write is larger. */
export const SCAN_FILE_BYTES = 10_485_760;
/** Files and bytes of one branch that are looked through: a second or two; past that a person is asked about the rest. */
export const SCAN_FILES = 10_000;
export const SCAN_BYTES = 104_857_600;
