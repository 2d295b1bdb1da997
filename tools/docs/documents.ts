import { configTable } from '#service';
import { fillSections } from './markers.js';
import { snippetSections } from './snippets.js';
import { stateDiagram } from './state-diagram.js';
import { asyncApi } from './wire/asyncapi.js';
import { wireProtocolSections } from './wire/wire-protocol.js';

/** A document that is generated, wholly or in marked sections. */
export interface GeneratedDocument {
  /** From the root of the repository. */
  readonly path: string;
  /** The document as it should be, from the one that stands ('' when there is none). */
  readonly render: (current: string, root: string) => string;
}

export const GENERATED: readonly GeneratedDocument[] = [
  {
    path: 'README.md',
    render: (current, root) => fillSections(current, { config: configTable(), ...snippetSections(root) }),
  },
  {
    path: 'docs/wire-protocol.md',
    render: (current, root) => fillSections(current, wireProtocolSections(root)),
  },
  { path: 'docs/asyncapi.yaml', render: (_current, root) => asyncApi(root) },
  { path: 'docs/state-diagram.md', render: () => stateDiagram() },
];
