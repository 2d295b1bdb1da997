/** Text between `<!-- name:begin -->` and `<!-- name:end -->` is generated; everything else is written by hand. */

/** Prettier would pad the tables, and the text would not be what was generated. */
const UNFORMATTED = '<!-- prettier-ignore-start -->';
const FORMATTED = '<!-- prettier-ignore-end -->';

const SECTION = /<!-- ([\w.-]+):begin -->\n[\s\S]*?<!-- \1:end -->/g;

/**
 * `text` with every marked section replaced. Throws when a marker has no content or content has no marker: a section that nobody
 * fills, or that nobody shows, is a mistake.
 */
export function fillSections(text: string, sections: Readonly<Record<string, string>>): string {
  const filled = new Set<string>();
  const result = text.replaceAll(SECTION, (_whole, name: string) => {
    const content = sections[name];
    if (content === undefined) throw new Error(`nothing generates the section ${name}`);
    filled.add(name);
    return `<!-- ${name}:begin -->\n${UNFORMATTED}\n\n${content.trim()}\n\n${FORMATTED}\n<!-- ${name}:end -->`;
  });
  const homeless = Object.keys(sections).filter((name) => !filled.has(name));
  if (homeless.length > 0) throw new Error(`no markers for ${homeless.join(', ')}`);
  return result;
}
