/** What pages of Markdown name: paths, links and commands. */

export interface Page {
  /** The text outside of fenced blocks. */
  readonly prose: string;
  /** The lines of fenced blocks without a language: commands and what they print. */
  readonly commands: readonly string[];
}

export function readPage(text: string): Page {
  const commands: string[] = [];
  const prose = text.replace(/^```(\w*)\n([\s\S]*?)^```/gm, (_, language: string, block: string) => {
    if (language === '') commands.push(...block.split('\n').filter((line) => line !== ''));
    return '';
  });
  return { prose, commands };
}

/** The spans of code in a text, in order. */
export const spansOf = (prose: string): readonly string[] =>
  [...prose.matchAll(/`([^`\n]+(?:\n[^`\n]+)*)`/g)].map(([, span = '']) => span.replace(/\s+/g, ' '));

/** Spans that are a path from the root: a folder with its slash at the end, or a file with its ending. */
export const pathsOf = (prose: string): readonly string[] =>
  spansOf(prose).filter((span) => /^\.?[\w-][\w.-]*(\/[\w.-]+)*(\/|\.(ts|js|json|md|yml|sh))$/.test(span));

/** Where the links of a page lead, without those to other sites and to places of the page itself. */
export const linksOf = (prose: string): readonly string[] =>
  [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^\w+:/.test(target));
