/** A Markdown table; a bar in a cell would end it. */
export const rows = (head: readonly string[], body: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...body].map(cells => `| ${cells.map(escapeBar).join(' | ')} |`);

const escapeBar = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
