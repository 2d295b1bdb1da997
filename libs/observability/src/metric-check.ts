import { METRIC_DECLARATIONS, type MetricDeclaration } from './metrics.js';
import type { Labels } from './ports.js';

const declarations = new Map<string, MetricDeclaration>(Object.entries(METRIC_DECLARATIONS));

/**
 * The declaration of a metric that is used as declared. Throws TypeError (a programming error) for an unknown name, another kind,
 * or labels other than the declared ones: a half-labelled series could never be summed up again.
 */
export function checkedDeclaration(
  name: string,
  kind: MetricDeclaration['kind'],
  labels: Labels,
): MetricDeclaration {
  const declaration = declarations.get(name);
  if (declaration === undefined) throw new TypeError(`metric ${name} is not declared in metrics.ts`);
  if (declaration.kind !== kind)
    throw new TypeError(`metric ${name} is a ${declaration.kind}, not a ${kind}`);
  let given = 0;
  for (const label in labels) {
    if (!declaration.labels.includes(label)) throw new TypeError(`metric ${name} has no label ${label}`);
    given += 1;
  }
  if (given !== declaration.labels.length) {
    throw new TypeError(`metric ${name} needs the labels ${declaration.labels.join(', ')}`);
  }
  return declaration;
}
