/** TLC configurations as text: the ones in specs/ are the base, a run changes some of their lines. */

export interface Overrides {
  /** Constant → its value as TLC writes it: `FALSE`, `3`, `{d1}`. */
  readonly constants?: Readonly<Record<string, string>>;
  /** Check these instead of the invariants of the base. */
  readonly invariants?: readonly string[];
}

/** @throws Error when the base lacks what is to be changed: a misspelt constant must not leave a rule switched on */
export function configWith(base: string, { constants = {}, invariants }: Overrides): string {
  const assigned = Object.entries(constants).reduce(assign, base);
  return invariants
    ? replaceLine(assigned, /^INVARIANTS? .*$/m, `INVARIANTS ${invariants.join(' ')}`)
    : assigned;
}

function assign(text: string, [name, value]: [string, string]): string {
  return replaceLine(text, new RegExp(`^  ${name} = .*$`, 'm'), `  ${name} = ${value}`);
}

function replaceLine(text: string, line: RegExp, by: string): string {
  if (!line.test(text)) throw new Error(`the configuration has no line ${line.source}`);
  return text.replace(line, () => by);
}
