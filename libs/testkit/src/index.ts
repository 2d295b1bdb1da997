export { World, submission } from './world.js';
export type { WorldOptions } from './world.js';
export { addSagaOnly, addTcc, addXa } from './operations.js';
